// The sweep's turns: requesting targets, launching probes, and timeouts.
#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "../loop/loop_internals.h"
#include "sweep_engine.h"

namespace sluice {

using std::chrono::duration_cast;
using std::chrono::microseconds;

void SweepEngine::go_on() {
  if (armed_for_now_) return;
  LoopInternals::start_timer(loop_, *this, loop_.now());
  no_wait_.start(loop_.native());
  armed_for_now_ = true;
}

void SweepEngine::expire() {
  // The engine's timer stays in the queue from start() to stop(). While nothing is due it is at the
  // end of time. The queue has room for the entry that was just removed, so no later call that
  // moves it can throw.
  LoopInternals::start_timer(loop_, *this, TimePoint::max());
  armed_for_now_ = false;
  now_ = Clock::now();
  slice_end_ = now_ + kSlice;
  if (finished()) {
    stop();
    return done_();
  }
  while (running_ && now_ < slice_end_) {
    SweepWheel::Entry* const due = wheel_.take_due(now_);
    if (due == nullptr) break;
    look_at(static_cast<SweepProbe&>(*due));
  }
  pump();
  if (running_) arm();
}

void SweepEngine::arm() {
  if (finished() || now_ >= slice_end_) return go_on();
  std::optional<TimePoint> due = wheel_.next();
  const auto not_after = [&due](TimePoint time) { due = due ? std::min(*due, time) : time; };
  if (short_ && (waiting_ > 0 || !exhausted_)) not_after(short_until_);
  if (!pacer_.ready(now_) && (waiting_ > 0 || !exhausted_)) not_after(pacer_.next());
  no_wait_.stop(loop_.native());
  LoopInternals::start_timer(loop_, *this, due.value_or(TimePoint::max()));
}

// The attempt has had no answer for some time.
void SweepEngine::look_at(SweepProbe& probe) {
  const auto age = duration_cast<microseconds>(now_ - probe.sent);
  const microseconds timeout = timeout_of(probe);
  if (age >= std::min(timeout, probe.task.path->window.age())) leave_window(probe);
  if (age < timeout) {
    wheel_.add(probe, probe.sent + next_look(probe, age));
    return;
  }
  // An answer may have arrived since the last turn, so ask the kernel before giving up.
  Verdict verdict = verdict_of(probe);
  if (verdict.outcome == SweepOutcome::under_way) verdict.outcome = SweepOutcome::silent;
  land(probe);
  if (conclude(probe, verdict)) retire(probe);
  now_ = Clock::now();
}

microseconds SweepEngine::timeout_of(const SweepProbe& probe) const noexcept {
  const SweepRtt& rtt = probe.task.path->window.rtt();
  const microseconds max = std::max(options_.max_timeout, options_.min_timeout);
  microseconds timeout = options_.first_timeout;
  if (rtt.known()) {
    timeout = std::clamp<microseconds>(rtt.timeout(), options_.min_timeout, max);
  }
  // A retry has twice the timeout, because the path may just have become slower.
  return std::min(max, probe.task.attempts > 1 ? 2 * timeout : timeout);
}

// The age at which the probe leaves the window or times out. On a path without a known round-trip
// time it is checked more often, because an answer to another probe may shorten the timeout.
microseconds SweepEngine::next_look(const SweepProbe& probe, microseconds age) const noexcept {
  const SweepWindow& window = probe.task.path->window;
  microseconds next = timeout_of(probe);
  if (probe.in_window) next = std::min(next, window.age());
  if (!window.rtt().known()) {
    next = std::min<microseconds>(
        next, age + std::max<microseconds>(options_.min_timeout, microseconds(10'000)));
  }
  return next;
}

void SweepEngine::pump() {
  while (running_ && now_ < slice_end_) {
    SweepProbe* const probe = next_probe();
    if (probe == nullptr) break;
    if (launch(*probe)) retire(*probe);
  }
}

bool SweepEngine::has_room() const noexcept {
  return counters_.in_flight < parallel_ && (!short_ || now_ >= short_until_);
}

bool SweepEngine::worth_a_pump() const noexcept {
  if (!has_room()) return false;
  const bool more = !exhausted_ && waiting_ < kMaxAhead && pacer_.ready(now_);
  return more || !ready_loopback_.empty() || (!ready_.empty() && in_network_ < network_.size());
}

bool SweepEngine::paced(const SweepPath& path) const noexcept {
  return options_.rate_on_loopback || !path.loopback;
}

bool SweepEngine::may_launch(const SweepPath& path) const noexcept {
  if (paced(path) && !pacer_.ready(now_)) return false;
  return path.loopback || (path.has_room() && in_network_ < network_.size());
}

SweepProbe* SweepEngine::next_probe() {
  if (!has_room()) return nullptr;
  if (SweepProbe* const probe = next_waiting(ready_loopback_)) return probe;
  if (SweepProbe* const probe = next_waiting(ready_)) return probe;
  return pull();
}

SweepProbe* SweepEngine::next_waiting(SweepList<SweepPath>& ready) noexcept {
  while (!ready.empty()) {
    SweepPath& path = ready.front();
    if (path.waiting.empty() || !path.has_room()) {
      path.unlink();
      continue;
    }
    // Whatever else prevents a launch on this path prevents it on all paths of the list.
    if (!may_launch(path)) return nullptr;
    SweepProbe& probe = path.waiting.front();
    probe.unlink();
    --waiting_;
    ready.push_back(path);  // the paths take turns
    return &probe;
  }
  return nullptr;
}

SweepProbe* SweepEngine::take_probe() noexcept {
  try {
    return &probes_.take();
  } catch (const std::bad_alloc&) {
    run_short();
    return nullptr;
  }
}

SweepProbe* SweepEngine::pull() {
  const TimePoint end = now_ + kSlice;
  while (running_ && !exhausted_ && waiting_ < kMaxAhead && pacer_.ready(now_)) {
    SweepProbe* const free = take_probe();
    if (free == nullptr) break;
    SweepProbe& probe = *free;
    std::optional<SweepTarget> target;
    const bool given = LoopInternals::guarded(loop_, "sweep source", [&] { target = source_(); });
    if (!given || !target) {
      exhausted_ = true;
      probes_.give_back(probe);
      break;
    }
    ++counters_.targets;
    SweepPath& path = paths_.enter(target->address);
    probe.task = {.target = *target, .path = &path, .lost_at = {}, .attempts = 0};
    probe.held = true;
    if (running_ && has_room() && may_launch(path)) return &probe;
    wait(probe, false);
    now_ = Clock::now();
    if (now_ >= end) break;
  }
  return nullptr;
}

void SweepEngine::run_short() noexcept {
  ++counters_.local_waits;
  short_ = true;
  short_until_ = now_ + shortage_.next();
}

void SweepEngine::wait(SweepProbe& probe, bool first) noexcept {
  SweepPath& path = *probe.task.path;
  if (first) {
    path.waiting.push_front(probe);
  } else {
    path.waiting.push_back(probe);
  }
  ++waiting_;
  make_ready(path);
}

void SweepEngine::make_ready(SweepPath& path) noexcept {
  if (path.waiting.empty() || path.linked() || !path.has_room()) return;
  (path.loopback ? ready_loopback_ : ready_).push_back(path);
}

bool SweepEngine::launch(SweepProbe& probe) {
  SweepProbe::Task& task = probe.task;
  SweepPath& path = *task.path;
  ++counters_.attempts;
  ++task.attempts;
  int error = 0;
  if (!find_socket(probe, error)) {
    const SweepOutcome outcome = outcome_of_socket(error);
    return conclude(probe, {.outcome = outcome, .error = error, .reusable = false});
  }
  if (paced(path)) pacer_.take(now_);
  now_ = probe.sent = Clock::now();
  error = probe.connect(path.loopback, reuse_);
  const SweepOutcome outcome = outcome_of_connect(error, task.target.address);
  if (outcome != SweepOutcome::wait && short_) {
    short_ = false;
    shortage_.reset();
  }
  if (outcome == SweepOutcome::under_way) {
    fly(probe);
    return false;
  }
  const bool reusable =
      reuse_ && outcome == SweepOutcome::closed && leaves_no_trace(task.target.address);
  return conclude(probe, {.outcome = outcome, .error = error, .reusable = reusable});
}

bool SweepEngine::find_socket(SweepProbe& probe, int& error) {
  if (probe.socket) return true;
  const Address& target = probe.task.target.address;
  if (!target.is_ip()) {
    error = EAFNOSUPPORT;
    return false;
  }
  Fd& spare = spares_[target.family() == AF_INET6 ? 1 : 0];
  if (spare && leaves_no_trace(target)) {
    probe.socket = std::move(spare);
    return true;
  }
  error = open_connect_socket(probe.socket, target, options_.from);
  return error == 0;
}

void SweepEngine::fly(SweepProbe& probe) noexcept {
  SweepPath& path = *probe.task.path;
  probe.in_flight = true;
  ++counters_.in_flight;
  if (!path.loopback) {
    probe.in_window = true;
    ++path.in_window;
    ++in_network_;
    path.window.launched(now_);
    network_.launched(now_);
  }
  probe.watch(loop_.native(), *this);
  wheel_.add(probe, probe.sent + next_look(probe, microseconds(0)));
}

}  // namespace sluice
