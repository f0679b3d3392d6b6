// The event loop: waits for descriptors, timers, signals and posts of other threads, and runs
// callbacks.
//
// What it is: the reactor of one thread, on libev (epoll, poll or select). It owns its `ev_loop`,
// or borrows that of a host and runs beside the host's own watchers. It owns its connections.
// A turn: the loop waits; then callbacks run; then, at the end of the turn, deferred tasks run,
// pending output is written, and closed connections get their on_close() and are freed.
// One turn handles only so much input of each connection. The rest is handled in the next turn,
// which does not wait (LoopOptions::turn_budget, Connection::may_continue()).
// Lifetime: everything that is made on a loop (listeners, sockets, timers, signals) must be
// destroyed before it. What a task owns is destroyed in time: the loop's destructor first drops the
// tasks that have not run, then closes the remaining connections (CloseReason::loop_destroyed), and
// then drops the tasks that their handlers posted meanwhile.
// Thread: a loop, and everything made on it, is used by one thread at a time: by the thread that
// runs it, from the beginning of run(), run_once(), poll() or a host's ev_run() to its return. A
// loop that does not run may be used, run or destroyed by any thread; the program orders such
// calls, for example by joining the thread that ran it. Only post() and stop() may be called at any
// time. A build of the library with assertions (without NDEBUG) aborts if another thread uses a
// running loop.
// Errors: constructors throw std::system_error (EMFILE, ENOMEM, ENOSPC: no descriptor, memory or
// room for another watch) and std::invalid_argument (a backend that is not available). An exception
// from a task is reported (Report::Kind::handler_threw), the same one at most once a second, and
// the loop continues.
#ifndef SLUICE_REACTOR_LOOP_LOOP_H
#define SLUICE_REACTOR_LOOP_LOOP_H

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../base/export.h"
#include "../base/report.h"
#include "../base/timer_queue.h"
#include "counters.h"
#include "turn/turn_budget.h"
#include "turn/turn_watch.h"
#include "watcher.h"

namespace sluice {

class LoopComponent;
class LoopMailbox;

namespace detail {
enum class RunMode;  // libev_loop.h
}  // namespace detail

class HandlerReports;
class TimerDescriptor;
class LoopDrain;
class PacedReport;

using Task = std::function<void()>;

enum class Backend : std::uint8_t { automatic, epoll, poll, select };

// "auto", "epoll", "poll", "select".
SLUICE_EXPORT std::string_view to_string(Backend backend) noexcept;
// The reverse. Throws std::invalid_argument, which names the allowed values. Rejects "io_uring"
// with the reason: libev's io_uring stalls under many completions and loses events after a fork.
SLUICE_EXPORT Backend backend_from(std::string_view name);

struct LoopOptions {
  Backend backend = Backend::automatic;
  // The loop waits for timers with a timerfd, which runs them within a tenth of a millisecond, not
  // one: for a Ticker whose jitter counts. Costs a descriptor, and two system calls for each time
  // that the loop waits for a timer. Without effect on virtual time, and where there is no timerfd;
  // if the backend has no room for its descriptor, the loop reports that and goes on without.
  bool precise_timers = false;
  // now() changes only in Loop::advance(): for tests. REQUIRES: not with a host's loop.
  bool virtual_time = false;
  // The maximum number of connections of all listeners of the loop. Newcomers above it are refused.
  std::size_t max_connections = static_cast<std::size_t>(-1);
  // Half of them is divided among the listeners: connections that each can have however many the
  // others' peers open. Without it a busy listener can take all.
  bool share_connections = false;
  // What the connections of the loop may hold together, in bytes: input that is not consumed, and
  // output that is not sent. Above it, newcomers are refused, and the peers of those that hold most
  // are not read until it is less. It may be passed by a sixteenth, and by what one turn queues.
  std::size_t max_memory = static_cast<std::size_t>(-1);
  // How long one turn handles the input of connections and sockets while more of them wait; they
  // share it (TurnBudget). 0: no limit. It has no meaning on virtual time.
  std::chrono::microseconds turn_budget{5'000};
  // Messages of one connection that a turn handles at most. REQUIRES: > 0.
  std::size_t turn_messages = 4096;
  // A turn that takes longer is counted. 0: none. It has no meaning on virtual time.
  std::chrono::milliseconds slow_turn{10};
  // Such a turn is also reported (Report::Kind::slow_turn), at most one a second. A busy machine
  // makes some turns slow, so this is for programs whose operator wants to know.
  bool report_slow_turns = false;
};

class SLUICE_EXPORT Loop {
 public:
  Loop();
  explicit Loop(const LoopOptions& options);
  // Borrows `host`, which the host runs, and destroys after this object. The host's ev_run()
  // returns by its own rules: connections, sockets, running timers and unfinished turns of this
  // loop count as watchers; signals and future posts do not. run(), run_once() and poll() work too,
  // and also run the host's watchers.
  explicit Loop(struct ev_loop* host, const LoopOptions& options = {});
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // The backend in use; automatic if a host uses another one.
  [[nodiscard]] Backend backend() const noexcept;
  [[nodiscard]] struct ev_loop* native() const noexcept { return ev_; }

  // Runs turns until stop(). REQUIRES: no callback of this loop is running.
  void run();
  void run_once();  // one turn, waiting for an event
  void poll();      // one turn, without waiting; with a wait_handle(), up to eight

  // For a program that has another main loop, such as GLib's: a descriptor, which is readable when
  // poll() has something to do: an event, a timer that is due, a post. The host watches it and
  // calls poll(), which then runs turns until nothing is left, or makes it readable again. Also
  // call poll() after using the loop or its objects outside of its callbacks, for example after
  // making a listener or sending. A Signal runs in the next poll(), because libev wakes no others:
  // let the host watch signals. Several calls return the same descriptor; the loop owns it, and
  // the program only waits for it. Throws std::system_error: EOPNOTSUPP (the backend is not epoll,
  // the loop is on virtual time, or its host is a libev loop, which needs none), EMFILE, ENFILE,
  // ENOMEM, ENOSPC.
  [[nodiscard]] int wait_handle();
  // Makes run(), or the host's ev_run(), return at the end of a turn. If none is running, the next
  // one returns at once. Any thread.
  void stop();

  // Runs `task` in the loop's thread, in a later turn, in the order of the posts. Any thread.
  // A task, here and below, may own objects of this loop: a Listener, a Timer, a Connector, a
  // Resolver. It is destroyed in the loop's thread: after it has run or, if it has not, with the
  // loop. It must not own the loop, and a task that another thread posts must be the only owner of
  // such objects.
  void post(Task task);
  // Runs `task` at the end of this turn, before pending output is written. If such a task calls it,
  // at the end of the next turn, which then does not wait.
  void defer(Task task);

  // The time of this turn: read once, when the turn begins. Outside a turn it is the time of the
  // call.
  [[nodiscard]] TimePoint now() const noexcept;

  // Stops listening, delivers to each connection the input that had arrived, sends its queue and
  // closes it. When no connection is left, or after `deadline`, closes the rest
  // (CloseReason::drain_deadline) and runs `done`, or stop() if it is empty. A second call can only
  // shorten the deadline. A connection that is made meanwhile also has until the deadline. Drains
  // of single listeners and sockets in progress end too, and their tasks run first.
  void drain(std::chrono::milliseconds deadline, Task done = {});
  [[nodiscard]] bool draining() const noexcept { return drain_ != nullptr; }

  // Closes all connections at once (CloseReason::loop_destroyed), and runs their on_close().
  // Listeners, timers and tasks stay. For an owner that its connections use, such as a shared
  // handler that is declared after the loop because it owns a Timer: its destructor calls this
  // first, and then nothing uses it any more. REQUIRES: no callback of this loop is running.
  void close_all() noexcept;

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const LoopOptions& options() const noexcept { return options_; }

  // `reporter` may also run while the loop is destroyed. It must not own an object of the loop.
  void set_reporter(Reporter reporter) { reporter_ = std::move(reporter); }
  void report(const Report& report) noexcept;

  // Virtual time only: advances now() and runs the timers that become due, each at its own time,
  // with the end of a turn after each; then calls poll().
  void advance(std::chrono::milliseconds by);

  // The maximum number of rounds in which one end of turn runs requests that were made while it ran
  // (EndOfTurn), so that descriptors are served too if requests never end.
  static constexpr int kMaxEndOfTurnRounds = 8;
  // The maximum size of one read of a connection.
  static constexpr std::size_t kReadBufferSize = 256 * 1024;

 private:
  friend class LoopComponent;
  friend class LoopDrain;
  friend class LoopInternals;
  friend class PacedReport;

  SLUICE_LOCAL void begin();
  SLUICE_LOCAL void on_woken() noexcept;        // after the wait
  SLUICE_LOCAL void on_before_wait() noexcept;  // after a turn, or at the beginning of a run
  SLUICE_LOCAL void on_end_of_turn() noexcept;
  SLUICE_LOCAL void on_timer() noexcept;
  SLUICE_LOCAL void on_precise_timer(int events) noexcept;
  SLUICE_LOCAL void make_precise();
  SLUICE_LOCAL void give_up_precise() noexcept;
  SLUICE_LOCAL void run_due_timers(TimePoint now) noexcept;
  [[nodiscard]] SLUICE_LOCAL bool in_turn() const noexcept;
  // False in a thread that may call only post() and stop() now.
  [[nodiscard]] SLUICE_LOCAL bool not_run_elsewhere() const noexcept;
  SLUICE_LOCAL void note_hosts_thread() noexcept;
  SLUICE_LOCAL void run_deferred() noexcept;
  SLUICE_LOCAL void run_postponed() noexcept;
  SLUICE_LOCAL void run_ends_of_turn() noexcept;
  SLUICE_LOCAL void run_ends_of_turn(std::vector<LoopComponent*>& waiting) noexcept;
  SLUICE_LOCAL void start_timer(TimerQueue::Entry& entry, TimePoint due);
  SLUICE_LOCAL void arm_timer() noexcept;
  SLUICE_LOCAL void run_in(detail::RunMode mode);
  SLUICE_LOCAL void begin_drain(std::unique_ptr<LoopDrain>& place, LoopComponent* only,
                                std::chrono::milliseconds deadline, Task done);
  SLUICE_LOCAL void finish_drains() noexcept;
  SLUICE_LOCAL void end_turn() noexcept;
  SLUICE_LOCAL void note_slow_turn(TimePoint now, Clock::duration took) noexcept;
  SLUICE_LOCAL void report_current_exception(std::string_view where) noexcept;
  SLUICE_LOCAL bool wind_up() noexcept;
  // Runs `work`, which belongs to `where`. If it throws, reports the exception and returns false.
  template <class Work>
  bool contained(std::string_view where, Work&& work) noexcept {
    try {
      work();
      return true;
    } catch (...) {
      report_current_exception(where);
      return false;
    }
  }
  // The same for a callback of the program. REQUIRES: `where` is a literal.
  template <class Callback>
  bool guarded(std::string_view where, Callback&& callback) noexcept {
    const bool returned = contained(where, std::forward<Callback>(callback));
    watch_.note(where);
    return returned;
  }

  LoopOptions options_;
  struct ev_loop* ev_ = nullptr;
  bool owns_ev_ = true;
  // The thread that runs the loop; none while it does not run. With a host's loop: the last one.
  std::atomic<std::thread::id> thread_{};
  bool running_ = false;
  bool accepts_stop_ = true;  // not in run_once() and poll(), which leave a stop() for run()
  bool turn_ended_ = false;   // by run_in(): the next wait is the first of a run
  mutable bool now_known_ = false;
  mutable TimePoint now_{};
  TimePoint armed_for_ = TimePoint::max();
  TurnWatch watch_;
  TurnBudget budget_;
  Counters counters_;
  Reporter reporter_;
  TimerQueue timers_;
  std::vector<Task> deferred_;
  std::vector<LoopComponent*> components_;
  // The components that requested the end of this turn, in that order. Callbacks run before output.
  std::vector<LoopComponent*> end_of_turn_callbacks_;
  std::vector<LoopComponent*> end_of_turn_output_;
  // The components that requested the next turn, and those whose next turn this is.
  std::vector<LoopComponent*> next_turn_;
  std::vector<LoopComponent*> postponed_;
  PacedReport* paced_reports_ = nullptr;             // the head of the list of those with this loop
  std::unique_ptr<HandlerReports> handler_reports_;  // null until something throws
  std::unique_ptr<std::byte[]> read_buffer_;
  std::unique_ptr<LoopMailbox> mailbox_;
  std::unique_ptr<LoopDrain> drain_;
  std::size_t handed_over_ = 0;    // connections, by its listeners to other loops
  std::size_t single_drains_ = 0;  // of single components, which own them
  bool drain_begun_ = false;       // since the last finish_drains()
  AfterWaitWatcher after_wait_;
  BeforeWaitWatcher before_wait_;
  NoWaitWatcher no_wait_;
  TimerWatcher timer_;
  std::unique_ptr<TimerDescriptor> precise_;  // instead of timer_; null without precise_timers
  IoWatcher precise_watcher_;
  std::unique_ptr<LoopComponent> connections_;
  std::unique_ptr<LoopComponent> datagrams_;
};

}  // namespace sluice

#endif
