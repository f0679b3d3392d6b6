// How long to wait before the next try: exponential back-off with jitter.
//
// What it is: a value and a policy; it starts no timer. The limit of each next() is twice the one
// before, up to a cap, and the wait is drawn at random below it, so that the clients of a server
// that was down do not all return at once.
//
//   retry.start(backoff.next());   // after a failure
//   backoff.reset();               // when the server has answered, not already when it accepted
//
// Thread: a plain value. Units: milliseconds.
// Errors: without a seed, the constructor throws what std::random_device throws.
// Source: M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
#ifndef SLUICE_REACTOR_BASE_BACKOFF_H
#define SLUICE_REACTOR_BASE_BACKOFF_H

#include <chrono>
#include <cstdint>
#include <optional>

#include "export.h"

namespace sluice {

enum class Jitter : std::uint8_t {
  none,         // first, 2 × first, 4 × first, … cap
  full,         // anything from 0 to what `none` gives
  decorrelated  // anything from first to 3 × the last one, at most cap: never at once
};

struct BackoffOptions {
  std::chrono::milliseconds first{500};   // REQUIRES: > 0
  std::chrono::milliseconds cap{60'000};  // REQUIRES: >= first
  Jitter jitter = Jitter::full;
  // The same seed gives the same waits, on every machine. Without one, the system's randomness.
  std::optional<std::uint64_t> seed{};
};

class SLUICE_EXPORT Backoff {
 public:
  explicit Backoff(const BackoffOptions& options = {});

  // The wait before the next try. At most the cap, however often it is asked for.
  [[nodiscard]] std::chrono::milliseconds next() noexcept;
  // After a success: the next wait is like the first one. The random sequence continues.
  void reset() noexcept;
  // The number of calls of next() since the last reset().
  [[nodiscard]] std::uint64_t tries() const noexcept { return tries_; }

 private:
  [[nodiscard]] SLUICE_LOCAL std::chrono::milliseconds between(
      std::chrono::milliseconds low, std::chrono::milliseconds high) noexcept;

  std::chrono::milliseconds first_;
  std::chrono::milliseconds cap_;
  std::chrono::milliseconds last_;  // decorrelated: the last one; else what it was drawn from
  Jitter jitter_;
  std::uint64_t random_;  // SplitMix64's state
  std::uint64_t tries_ = 0;
};

}  // namespace sluice

#endif
