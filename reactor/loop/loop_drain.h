// A drain in progress: of a whole loop, or of one component while the others go on. Only for the
// reactor; not installed.
//
// What it is: the deadline, and the task that runs at the end. The components implement the steps
// (loop_component.h); loop_drain.cc begins and finishes drains.
// Lifetime: owned by the loop or the component. If it is destroyed before the end, its task is
// dropped.
#ifndef SLUICE_REACTOR_LOOP_LOOP_DRAIN_H
#define SLUICE_REACTOR_LOOP_LOOP_DRAIN_H

#include "../base/timer_queue.h"
#include "loop.h"
#include "loop_component.h"

namespace sluice {

class LoopDrain final : public TimerQueue::Entry {
 public:
  // A drain of `only`, or of everything in the loop if that is null.
  LoopDrain(Loop& loop, LoopComponent* only, Task done)
      : loop_(loop), only_(only), done_(std::move(done)) {
    if (only_ != nullptr) ++loop_.single_drains_;
  }
  ~LoopDrain() override {
    loop_.timers_.remove(*this);
    if (only_ != nullptr) --loop_.single_drains_;
  }

  void begin() {
    each([](LoopComponent& component) { component.begin_drain(); });
  }
  // True if no work is left. After the deadline it closes what was opened since then.
  [[nodiscard]] bool is_over() {
    bool over = true;
    each([&over](const LoopComponent& component) { over = over && component.drained(); });
    if (!over && expired_) end();
    return over;
  }
  void end() {
    each([](LoopComponent& component) { component.end_drain(); });
  }
  // Marks a drain that had begun before this end of turn. A task that begins another drain must not
  // keep the loop in the same turn.
  void mark_old() noexcept { old_ = true; }
  [[nodiscard]] bool is_old() const noexcept { return old_; }
  [[nodiscard]] Task take_done() { return std::move(done_); }

 private:
  // The deadline: closes what is left; the end of this turn then finds the drain over.
  void expire() override {
    expired_ = true;
    end();
  }
  // By index: the steps may add components to the loop. They call no handler.
  template <class Visit>
  void each(Visit visit) {
    if (only_ != nullptr) return visit(*only_);
    for (std::size_t i = 0; i < loop_.components_.size(); ++i) visit(*loop_.components_[i]);
  }

  Loop& loop_;
  LoopComponent* only_;
  Task done_;
  bool expired_ = false;
  bool old_ = false;
};

}  // namespace sluice

#endif
