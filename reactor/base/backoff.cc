#include "backoff.h"

#include <cassert>
#include <random>

#include "split_mix64.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

std::uint64_t seed_of_the_system() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// `times` × `value`, at most `cap`, whatever its size.
milliseconds grown(milliseconds value, int times, milliseconds cap) {
  return value > cap / times ? cap : value * times;
}

}  // namespace

Backoff::Backoff(const BackoffOptions& options)
    : first_(options.first),
      cap_(options.cap),
      last_(options.first),
      jitter_(options.jitter),
      random_(options.seed ? *options.seed : seed_of_the_system()) {
  assert(first_ > milliseconds(0) && cap_ >= first_);
}

milliseconds Backoff::next() noexcept {
  const bool first = tries_++ == 0;
  if (jitter_ == Jitter::decorrelated) {
    return last_ = between(first_, grown(last_, 3, cap_));
  }
  if (!first) last_ = grown(last_, 2, cap_);
  return jitter_ == Jitter::full ? between(milliseconds(0), last_) : last_;
}

void Backoff::reset() noexcept {
  tries_ = 0;
  last_ = first_;
}

milliseconds Backoff::between(milliseconds low, milliseconds high) noexcept {
  // The remainder favours small numbers by less than one in 2^20, for every range that is shorter
  // than five centuries.
  const auto range = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + milliseconds(static_cast<milliseconds::rep>(mix64(random_ += kGoldenGamma) % range));
}

}  // namespace sluice
