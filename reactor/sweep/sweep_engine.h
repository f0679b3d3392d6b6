// The implementation of Sweep: it requests targets, launches probes, waits, and reports results.
//
// sweep_engine.cc starts and stops it; sweep_turn.cc requests targets, launches probes and handles
// timeouts; sweep_verdict.cc decides what an attempt has shown.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_ENGINE_H
#define SLUICE_REACTOR_SWEEP_SWEEP_ENGINE_H

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "../base/backoff.h"
#include "../base/timer_queue.h"
#include "../loop/loop.h"
#include "../loop/watcher.h"
#include "sweep_hosts.h"
#include "sweep_outcome.h"
#include "sweep_pacer.h"
#include "sweep_path.h"
#include "sweep_probe.h"
#include "sweep_types.h"
#include "sweep_wheel.h"
#include "sweep_window.h"

namespace sluice {

class SweepEngine final : private TimerQueue::Entry, private SweepProbe::Owner {
 public:
  SweepEngine(Loop& loop, const SweepOptions& options, SweepSource source, SweepSink sink,
              SweepDone done);
  ~SweepEngine() override;

  void start();
  void stop() noexcept;
  [[nodiscard]] const SweepCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] double rate() const noexcept { return pacer_.rate(); }
  [[nodiscard]] std::vector<SweepTarget> pending() const;

 private:
  using Microseconds = std::chrono::microseconds;

  // The maximum number of targets that wait for their path or the rate. The engine requests no more
  // until some have been launched.
  static constexpr std::size_t kMaxAhead = 1024;
  // How long the engine may delay a turn of the loop, not counting one callback and the answers.
  // All answers of a turn are processed at once. If some were left for the next turn, the kernel
  // would report them again, their sockets would not be ready for the next target, and their probes
  // would seem to have left the path. (Tried: it took twice the processor time.)
  static constexpr std::chrono::microseconds kSlice{1000};

  // --- sweep_verdict.cc ---
  void on_ready(SweepProbe& probe) override;
  struct Verdict {  // the result of an attempt
    SweepOutcome outcome;
    int error;
    bool reusable;  // its socket can connect again
  };
  [[nodiscard]] Verdict verdict_of(SweepProbe& probe) noexcept;
  [[nodiscard]] Verdict verdict_of_icmp(SweepProbe& probe) noexcept;
  // Returns true if the target was reported. The probe then has no target, but may have a socket.
  bool conclude(SweepProbe& probe, const Verdict& verdict);
  void try_again(SweepProbe& probe) noexcept;
  bool handle_silence(SweepProbe& probe);
  void learn(const SweepProbe& probe, Microseconds rtt) noexcept;
  void deliver_result(SweepProbe& probe, SweepState state, int error, Microseconds rtt);
  void leave_window(SweepProbe& probe) noexcept;
  void land(SweepProbe& probe) noexcept;    // it is no longer in flight
  void retire(SweepProbe& probe) noexcept;  // back to the pool; a reusable socket is kept
  [[nodiscard]] unsigned retries_for(const SweepProbe& probe) const noexcept;

  // --- sweep_turn.cc ---
  void expire() override;
  void look_at(SweepProbe& probe);
  void pump();
  [[nodiscard]] bool has_room() const noexcept;
  [[nodiscard]] bool worth_a_pump() const noexcept;
  [[nodiscard]] bool may_launch(const SweepPath& path) const noexcept;
  [[nodiscard]] bool paced(const SweepPath& path) const noexcept;
  SweepProbe* next_probe();
  SweepProbe* next_waiting(SweepList<SweepPath>& ready) noexcept;
  SweepProbe* pull();
  SweepProbe* take_probe() noexcept;  // null: out of memory; retries later
  void run_short() noexcept;
  bool launch(SweepProbe& probe);  // returns what conclude() returns
  bool find_socket(SweepProbe& probe, int& error);
  void fly(SweepProbe& probe) noexcept;
  void wait(SweepProbe& probe, bool first) noexcept;  // for its path, the rate or a descriptor
  void make_ready(SweepPath& path) noexcept;
  [[nodiscard]] Microseconds timeout_of(const SweepProbe& probe) const noexcept;
  [[nodiscard]] Microseconds next_look(const SweepProbe& probe, Microseconds age) const noexcept;
  [[nodiscard]] bool finished() const noexcept { return exhausted_ && probes_.in_use() == 0; }
  void arm();
  void go_on();

  Loop& loop_;
  SweepOptions options_;
  SweepSource source_;
  SweepSink sink_;
  SweepDone done_;
  SweepCounters counters_;
  std::size_t parallel_;
  bool running_ = false;
  bool exhausted_ = false;
  bool reuse_ = false;
  bool armed_for_now_ = false;
  TimePoint now_;
  TimePoint slice_end_{};

  SweepWheel wheel_;
  SweepHosts hosts_;
  SweepPacer pacer_;
  SweepWindow network_;  // of all paths except loopback together: this host's uplink
  std::size_t in_network_ = 0;
  SweepPaths paths_;
  SweepList<SweepPath> ready_;  // the paths that have room and probes that wait
  SweepList<SweepPath> ready_loopback_;
  std::size_t waiting_ = 0;

  bool short_ = false;  // a descriptor, a port or a buffer is lacking
  TimePoint short_until_{};
  Backoff shortage_{BackoffOptions{.first = std::chrono::milliseconds(10),
                                   .cap = std::chrono::milliseconds(1000),
                                   .jitter = Jitter::none,
                                   .seed = 0}};

  SweepProbes probes_;
  std::array<Fd, 2> spares_;  // refused sockets without a watcher: IPv4, IPv6
  NoWaitWatcher no_wait_;
};

}  // namespace sluice

#endif
