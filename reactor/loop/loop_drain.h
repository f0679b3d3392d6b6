// A drain that is under way: of a whole loop, or of one component while the others go on. For the
// reactor alone; not installed.
//
// What it is: the deadline and the task that runs at the end. The steps are the components'
// (loop_component.h); loop_drain.cc begins and finishes it.
// Lifetime: owned by what is drained. Destroyed before the end, it drops its task unrun.
#ifndef SLUICE_REACTOR_LOOP_LOOP_DRAIN_H
#define SLUICE_REACTOR_LOOP_LOOP_DRAIN_H

#include "../base/timer_queue.h"
#include "loop.h"
#include "loop_component.h"

namespace sluice {

class LoopDrain final : public TimerQueue::Entry {
 public:
  // Of `only`, or, when that is null, of everything in the loop.
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
  // Whether nothing is left to finish. After the deadline it closes what was opened since.
  [[nodiscard]] bool is_over() {
    bool over = true;
    each([&over](const LoopComponent& component) { over = over && component.drained(); });
    if (!over && expired_) end();
    return over;
  }
  void end() {
    each([](LoopComponent& component) { component.end_drain(); });
  }
  // Whether it had begun before this end of a turn: tasks that begin drains must not keep the loop
  // in it.
  void mark_old() noexcept { old_ = true; }
  [[nodiscard]] bool is_old() const noexcept { return old_; }
  [[nodiscard]] Task take_done() { return std::move(done_); }

 private:
  // The deadline: what is left is closed, and the end of this turn finds it gone.
  void expire() override {
    expired_ = true;
    end();
  }
  // By index: what they do may open something in the loop, but calls no handler.
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
