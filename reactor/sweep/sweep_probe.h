// The probe of one target: its attempts, and the socket of the current one.
//
// What it is: the state that Sweep keeps for a target that has been requested but not reported, and
// the socket calls of an attempt. A probe is in one place at a time: on the wheel while an attempt
// is in flight, in its path's list while it waits, or unused in the pool.
// Lifetime: the pool owns it. Its address is stable, because libev keeps the watcher's address.
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
  // The state of the target. It can move to another probe, to use that one's socket.
  struct Task {
    SweepTarget target;
    SweepPath* path = nullptr;
    TimePoint lost_at{};  // when the last attempt without an answer was sent
    unsigned attempts = 0;
  };

  SweepProbe() noexcept = default;

  // Is called when the attempt may have completed.
  class Owner {
   public:
    virtual void on_ready(SweepProbe& probe) = 0;

   protected:
    ~Owner() = default;
  };

  // Does nothing if the socket is watched already. REQUIRES: a socket.
  void watch(struct ev_loop* loop, Owner& owner) noexcept;
  [[nodiscard]] bool watched() const noexcept { return owner_ != nullptr; }
  void close(struct ev_loop* loop) noexcept;  // closes the socket, if there is one
  Fd take_socket(struct ev_loop* loop) noexcept;

  // Connects, and returns errno, or 0 if it is connected. On loopback the answer arrives during the
  // call; with `at_once`, the probe asks for it, as ask(again) does.
  int connect(bool at_once, bool again) noexcept;
  // The result of the attempt: errno, 0 if it is connected, or EALREADY if it is still in progress.
  // With `again` it calls connect(), after which a refused socket can connect again. Otherwise it
  // uses only what POSIX specifies.
  int ask(bool again) noexcept;

  bool held = false;  // has a target that has not been reported
  bool in_flight = false;
  bool in_window = false;  // counted in the window of its path and of the network
  bool reusable = false;   // whether the socket is, given its previous targets
  TimePoint sent{};
  Task task;
  Fd socket;

 private:
  void on_event(int events);
  void stop(struct ev_loop* loop) noexcept;

  IoWatcher watcher_;
  Owner* owner_ = nullptr;  // not null while the socket is watched
};

// True if a socket that was refused by `target` is as good as a new one.
[[nodiscard]] bool leaves_no_trace(const Address& target) noexcept;

class SweepProbes {
 public:
  // May throw std::bad_alloc.
  SweepProbe& take();
  void give_back(SweepProbe& probe) noexcept;  // REQUIRES: no socket
  // The used and the unused probes.
  [[nodiscard]] std::deque<SweepProbe>& all() noexcept { return all_; }
  [[nodiscard]] const std::deque<SweepProbe>& all() const noexcept { return all_; }
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }

 private:
  std::deque<SweepProbe> all_;  // before the list, which links these nodes
  SweepList<SweepProbe> unused_;
  std::size_t in_use_ = 0;
};

}  // namespace sluice

#endif
