// A drain that is under way: its deadline and what runs when it is over. For Loop alone.
#ifndef SLUICE_REACTOR_LOOP_LOOP_DRAIN_H
#define SLUICE_REACTOR_LOOP_LOOP_DRAIN_H

#include "../base/timer_queue.h"
#include "loop.h"
#include "loop_component.h"

namespace sluice {

class Loop::Drain final : public TimerQueue::Entry {
 public:
  Drain(Loop& loop, Task done) : loop_(loop), done_(std::move(done)) {}
  ~Drain() override { loop_.timers_.remove(*this); }

  [[nodiscard]] Task take_done() { return std::move(done_); }
  [[nodiscard]] bool expired() const noexcept { return expired_; }
  void let_go() {
    for (std::size_t i = 0; i < loop_.components_.size(); ++i) loop_.components_[i]->end_drain();
  }

 private:
  // The deadline: whoever is left lets go; the end of this turn finds the loop drained.
  void expire() override {
    expired_ = true;
    let_go();
  }

  Loop& loop_;
  Task done_;
  bool expired_ = false;
};

}  // namespace sluice

#endif
