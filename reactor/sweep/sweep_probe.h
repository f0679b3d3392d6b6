// One target under way: its attempts, and the socket of the present one.
//
// What it is: what Sweep keeps for each target that was pulled and not reported, and the socket
// calls of an attempt. At any time it is in one place: on the wheel while an attempt is in flight,
// in its path's list while it waits, or in the pool, unused.
// Lifetime: the pool's; addresses are stable, because libev keeps a watcher's.
// Thread: the loop's.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_PROBE_H
#define SLUICE_REACTOR_SWEEP_SWEEP_PROBE_H

#include <cstddef>
#include <cstdint>
#include <deque>

#include "../base/fd.h"
#include "../connect/connect_socket.h"
#include "../loop/watcher.h"
#include "sweep_outcome.h"
#include "sweep_types.h"
#include "sweep_wheel.h"

namespace sluice {

class SweepPath;

class SweepProbe : public SweepWheel::Entry {
 public:
  // What is known of the target; it can move to another probe, whose socket it takes over.
  struct Task {
    SweepTarget target;
    SweepPath* path = nullptr;
    TimePoint lost_at{};  // when the last attempt that had no answer was sent
    unsigned attempts = 0;
  };

  SweepProbe() noexcept = default;

  // What is told when the socket's attempt may be decided.
  class Owner {
   public:
    virtual void on_ready(SweepProbe& probe) = 0;

   protected:
    ~Owner() = default;
  };

  // Does nothing when it is watched already. REQUIRES: a socket.
  void watch(struct ev_loop* loop, Owner& owner) noexcept;
  [[nodiscard]] bool watched() const noexcept { return owner_ != nullptr; }
  void close(struct ev_loop* loop) noexcept;  // the socket, if there is one
  Fd take_socket(struct ev_loop* loop) noexcept;

  // Connects; on loopback, where the answer comes within the call, `at_once` asks for it, by
  // connect() `again` or as POSIX has it. errno, 0 when connected.
  int connect(bool at_once, bool again) noexcept;
  // What became of it. EALREADY: not decided yet. `again`: ask by connect(), after which a socket
  // that was refused can connect again; else as POSIX has it.
  int ask(bool again) noexcept;

  bool held = false;  // there is a target that was not reported
  bool in_flight = false;
  bool in_window = false;  // counted in the window of its path and of the network
  bool reusable = false;   // the socket, by what it was connected to until now
  TimePoint sent{};
  Task task;
  Fd socket;

 private:
  void on_event(int events);
  void stop(struct ev_loop* loop) noexcept;

  IoWatcher watcher_;
  Owner* owner_ = nullptr;  // while it is watched
};

// A socket that connected to `target` is as good as a new one, once refused.
[[nodiscard]] bool leaves_no_trace(const Address& target) noexcept;

class SweepProbes {
 public:
  // May throw std::bad_alloc.
  SweepProbe& take();
  void give_back(SweepProbe& probe) noexcept;  // REQUIRES: no socket
  // Those in use and those not.
  [[nodiscard]] std::deque<SweepProbe>& all() noexcept { return all_; }
  [[nodiscard]] const std::deque<SweepProbe>& all() const noexcept { return all_; }
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }

 private:
  std::deque<SweepProbe> all_;  // before the list, whose nodes these are
  SweepList<SweepProbe> unused_;
  std::size_t in_use_ = 0;
};

}  // namespace sluice

#endif
