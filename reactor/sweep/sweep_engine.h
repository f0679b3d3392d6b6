// The inside of Sweep: what is pulled, launched, waited for, judged and reported.
//
// sweep_engine.cc starts and stops it; sweep_turn.cc pulls targets, launches probes and handles
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
  [[nodiscard]] std::vector<SweepTarget> pending() const;

 private:
  using Microseconds = std::chrono::microseconds;

  // Pulled and not launched, because their path or the rate has no room for them: more than that
  // are left with the source.
  static constexpr std::size_t kMaxAhead = 1024;
  // What a turn of the loop is held up by at most, but for one callback and for answers. Of these
  // none is left for the next turn: it would be fetched from the kernel once more, its socket would
  // come too late for the next target, and its probe would seem to be off the path. (Tried: twice
  // the processor time.)
  static constexpr std::chrono::microseconds kSlice{1000};

  // --- sweep_verdict.cc ---
  void on_ready(SweepProbe& probe) override;
  struct Word {  // what became of an attempt
    SweepOutcome outcome;
    int error;
    bool reusable;  // its socket can connect again
  };
  [[nodiscard]] Word word_of(SweepProbe& probe) noexcept;
  [[nodiscard]] Word word_of_icmp(SweepProbe& probe) noexcept;
  // True when the target was reported: the probe holds none, but perhaps a socket.
  bool conclude(SweepProbe& probe, const Word& word);
  void try_again(SweepProbe& probe) noexcept;
  bool hear_silence(SweepProbe& probe);
  void learn(const SweepProbe& probe, Microseconds rtt) noexcept;
  void tell(SweepProbe& probe, SweepState state, int error, Microseconds rtt);
  void leave_window(SweepProbe& probe) noexcept;
  void land(SweepProbe& probe) noexcept;    // it is no longer in flight
  void retire(SweepProbe& probe) noexcept;  // back to the pool, its socket kept if it can serve
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
  SweepProbe* take_probe() noexcept;  // null: out of memory, for now
  void run_short() noexcept;
  bool launch(SweepProbe& probe);  // true as conclude()
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
  SweepWindow network_;  // what all paths but loopback begin with: this host's own way out
  std::size_t in_network_ = 0;
  SweepPaths paths_;
  SweepList<SweepPath> ready_;  // those with probes that wait and room for them
  SweepList<SweepPath> ready_loopback_;
  std::size_t waiting_ = 0;

  bool short_ = false;  // of a descriptor, a port or a buffer
  TimePoint short_until_{};
  Backoff shortage_{BackoffOptions{.first = std::chrono::milliseconds(10),
                                   .cap = std::chrono::milliseconds(1000),
                                   .jitter = Jitter::none,
                                   .seed = 0}};

  SweepProbes probes_;
  std::array<Fd, 2> spares_;  // refused sockets that nothing watches: IPv4, IPv6
  NoWaitWatcher no_wait_;
};

}  // namespace sluice

#endif
