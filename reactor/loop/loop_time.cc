// The second half of the loop: timers, virtual time, how long turns take, reports, a host's loop,
// and closing all connections.
#include <algorithm>
#include <cassert>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "../base/counting.h"
#include "handler_reports.h"
#include "libev_loop.h"
#include "loop.h"
#include "loop_component.h"
#include "loop_mailbox.h"
#include "timer_descriptor.h"

namespace sluice {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::string_view to_string(Backend backend) noexcept {
  switch (backend) {
    case Backend::automatic:
      return "auto";
    case Backend::epoll:
      return "epoll";
    case Backend::poll:
      return "poll";
    case Backend::select:
      return "select";
  }
  return "?";
}

Backend backend_from(std::string_view name) {
  for (const Backend backend :
       {Backend::automatic, Backend::epoll, Backend::poll, Backend::select}) {
    if (name == to_string(backend)) return backend;
  }
  const std::string quoted = "backend \"" + std::string(name) + "\"";
  if (name == "io_uring" || name == "iouring") {
    throw std::invalid_argument(
        quoted +
        " is rejected: libev's io_uring stalls when many operations complete at once and loses "
        "events after a fork; allowed: auto, epoll, poll and select");
  }
  throw std::invalid_argument(quoted + " is not auto, epoll, poll or select");
}

void Loop::start_timer(TimerQueue::Entry& entry, TimePoint due) {
  assert(not_run_elsewhere());
  timers_.add(entry, due);
  // Only an earlier deadline needs libev's timer at once; the end of the turn handles the rest.
  // Outside a turn, a host may let the loop wait right after this call.
  if (timers_.head() < armed_for_) arm_timer();
}

void Loop::arm_timer() noexcept {
  if (options_.virtual_time) return;
  const TimePoint due = timers_.empty() ? TimePoint::max() : timers_.head();
  if (armed_for_ == due) return;
  armed_for_ = due;
  if (precise_) {
    precise_->set(due);
    // Without a timer it must not keep a host's ev_run() from returning.
    precise_watcher_.watch(ev_, timers_.empty() ? 0 : kReadable);
    return;
  }
  if (timers_.empty()) return timer_.stop(ev_);
  // libev measures from its own time, which is old after a long callback.
  detail::loop_update_time(ev_);
  timer_.start(ev_, std::max(nanoseconds(0), nanoseconds(armed_for_ - Clock::now())));
}

void Loop::make_precise() {
#ifdef __linux__
  precise_ = std::make_unique<TimerDescriptor>();
  precise_->open();
  precise_watcher_.bind<&Loop::on_precise_timer>(this, precise_->fd());
#endif
}

void Loop::on_precise_timer(int events) noexcept {
  if ((events & kRefused) != 0) return give_up_precise();
  if (precise_->clear()) on_timer();
}

// The system has no room for one more descriptor. libev's timer needs none, and is less precise.
void Loop::give_up_precise() noexcept {
  precise_watcher_.stop(ev_);
  precise_.reset();
  armed_for_ = TimePoint::min();
  arm_timer();
  contained("timer", [this] {
    report(Report{.kind = Report::Kind::socket_error,
                  .where = "timer",
                  .what = "the timerfd cannot be watched; timers are less precise from now on",
                  .error = std::error_code(ENOSPC, std::generic_category())});
  });
}

void Loop::on_timer() noexcept {
  armed_for_ = TimePoint::min();  // what starts meanwhile is armed below
  // libev's clock and ours may differ by a tick. arm_timer() handles timers that are not due yet.
  const TimePoint at = now();
  if (!timers_.empty() && timers_.head() <= at) counters_.timer_lags.add(at - timers_.head());
  run_due_timers(at);
  arm_timer();
}

void Loop::run_due_timers(TimePoint now) noexcept {
  // A timer that restarts itself without a delay is due in the next turn, not in this one.
  const std::uint64_t adds = timers_.adds();
  while (TimerQueue::Entry* entry = timers_.take_due(now, adds)) {
    guarded("timer", [entry] { entry->expire(); });
  }
}

void Loop::advance(milliseconds by) {
  assert(not_run_elsewhere());
  assert(options_.virtual_time && "only a loop on virtual time can be advanced");
  poll();  // first run what is pending at the current time
  const TimePoint end = later(now_, by);
  while (!timers_.empty() && timers_.head() <= end) {
    now_ = std::max(now_, timers_.head());
    run_due_timers(now_);
    accepts_stop_ = false;  // a stop() is for the next run()
    on_end_of_turn();
    accepts_stop_ = true;
    poll();
  }
  now_ = end;
  poll();
}

int Loop::wait_handle() {
  assert(not_run_elsewhere());
  if (!owns_ev_ || options_.virtual_time) {
    throw std::system_error(EOPNOTSUPP, std::generic_category(),
                            "a host waits only for a loop with events and time of its own");
  }
  return mailbox_->wait_handle();
}

void Loop::poll() {
  const auto turn = [this] { run_in(detail::RunMode::no_wait); };
  if (!mailbox_->has_host()) return turn();
  mailbox_->run_for_host(turn);
  mailbox_->let_host_wait(timers_.empty() ? TimePoint::max() : timers_.head());
}

void Loop::close_all() noexcept {
  assert(not_run_elsewhere());
  assert(!in_turn() && "not in a callback of the loop");
  // A destructor of a handler may close the last reference to other things, but opens nothing.
  if (connections_ != nullptr) connections_->close_all();
}

void Loop::end_turn() noexcept {
  // A turn without a tick of the coarse clock was short. Most are, and need no exact time: of
  // these, a sample is measured.
  constexpr std::uint64_t kSample = 64;
  const bool ticked = coarse_now() > watch_.began();
  const bool measured = ticked || counters_.turns % kSample == 0;
  const TimePoint now = measured ? Clock::now() : watch_.began();
  const auto took = now - watch_.began();
  counters_.turn_times.add(took, ticked ? 1 : kSample);
  budget_.end_turn(took);
  const bool watched = options_.slow_turn.count() > 0 && !options_.virtual_time;
  if (watched && took > options_.slow_turn) note_slow_turn(now, took);
  watch_.begin(now);  // the wait is no part of a turn
}

void Loop::note_slow_turn(TimePoint now, Clock::duration took) noexcept {
  detail::count_up(counters_.slow_turns);
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  if (const auto took_us = static_cast<std::uint64_t>(us); took_us > counters_.longest_turn_us) {
    detail::set_count(counters_.longest_turn_us, took_us);
  }
  if (options_.report_slow_turns && reporter_ && watch_.may_report(now)) {
    contained("slow turn", [this, took] { report(watch_.describe(took)); });
  }
}

void Loop::report(const Report& report) noexcept {
  assert(not_run_elsewhere());
  if (!reporter_) return;
  try {
    const Reporter running = reporter_;  // it may set another reporter
    running(report);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the error cannot be reported
  }
}

void Loop::report_current_exception(std::string_view where) noexcept {
  try {
    if (handler_reports_ == nullptr) handler_reports_ = std::make_unique<HandlerReports>(*this);
    handler_reports_->report_current(where);
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory to report with
  }
}

}  // namespace sluice
