#include "sweep_engine.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "../connect/connect_socket.h"
#include "../loop/loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

// The default maximum: a probe costs the process about 250 bytes, and the kernel some kilobytes.
constexpr std::size_t kMaxParallel = 8192;

// Calculations with times up to kMaxTimeout cannot overflow.
SweepOptions within_bounds(SweepOptions options) noexcept {
  for (milliseconds* const each :
       {&options.min_timeout, &options.first_timeout, &options.max_timeout}) {
    *each = std::clamp(*each, milliseconds(0), SweepOptions::kMaxTimeout);
  }
  return options;
}

std::size_t parallel_for(std::size_t asked) noexcept {
  if (asked > 0) return asked;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return kMaxParallel;
  }
  // The lowest free descriptor shows about how many are in use. A margin is left for the rest of
  // the program.
  const Fd lowest(::socket(AF_INET, SOCK_DGRAM, 0));
  const auto total = static_cast<std::size_t>(limit.rlim_cur);
  const auto used = lowest ? static_cast<std::size_t>(lowest.get()) : total;
  const std::size_t margin = std::max<std::size_t>(16, total / 16);
  if (total <= used + margin) return 1;
  return std::min(kMaxParallel, total - used - margin);
}

}  // namespace

SweepEngine::SweepEngine(Loop& loop, const SweepOptions& options, SweepSource source,
                         SweepSink sink, SweepDone done)
    : loop_(loop),
      options_(within_bounds(options)),
      source_(std::move(source)),
      sink_(std::move(sink)),
      done_(std::move(done)),
      parallel_(parallel_for(options.parallel)),
      now_(Clock::now()),
      wheel_(now_),
      pacer_(options.rate, options.max_rate, options.first_rate),
      network_({.start = 2048, .max = parallel_, .timeout = options_.min_timeout}),
      paths_({.start = 512, .max = parallel_, .timeout = options_.min_timeout}) {
  assert(source_ && sink_ && done_);
}

SweepEngine::~SweepEngine() { stop(); }

void SweepEngine::start() {
  LoopInternals::assert_thread(loop_);
  running_ = true;
  reuse_ = options_.reuse_refused && refused_socket_connects_again();
  go_on();
}

void SweepEngine::stop() noexcept {
  running_ = false;
  LoopInternals::stop_timer(loop_, *this);
  no_wait_.stop(loop_.native());
  for (SweepProbe& probe : probes_.all()) {
    probe.close(loop_.native());
    probe.unlink();
  }
  for (Fd& spare : spares_) spare.reset();
  counters_.in_flight = 0;
}

std::vector<SweepTarget> SweepEngine::pending() const {
  std::vector<SweepTarget> targets;
  targets.reserve(probes_.in_use());
  for (const SweepProbe& probe : probes_.all()) {
    if (probe.held) targets.push_back(probe.task.target);
  }
  return targets;
}

}  // namespace sluice
