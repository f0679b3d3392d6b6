// How drains begin and end: those of a loop, and those of single components.
#include "loop_drain.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

void Loop::drain(milliseconds deadline, Task done) {
  begin_drain(drain_, nullptr, deadline, std::move(done));
}

void LoopComponent::drain(milliseconds deadline, Task done) {
  loop_.begin_drain(drain_, this, deadline, std::move(done));
}

bool LoopComponent::draining() const noexcept { return drain_ != nullptr || loop_.draining(); }

void LoopComponent::cancel_drain() noexcept { drain_.reset(); }

void Loop::begin_drain(std::unique_ptr<LoopDrain>& place, LoopComponent* only,
                       milliseconds deadline, Task done) {
  assert(not_run_elsewhere());
  const TimePoint due = later(LoopInternals::fresh_now(*this), deadline);
  if (place != nullptr) {
    if (place->queued() && due < place->due()) start_timer(*place, due);
    return;
  }
  auto drain = std::make_unique<LoopDrain>(*this, only, std::move(done));
  start_timer(*drain, due);
  place = std::move(drain);  // from here on nothing throws: after bad_alloc a caller may retry
  place->begin();
  drain_begun_ = true;
  no_wait_.start(ev_);  // perhaps no event will occur
}

// Those of single components first, because the task of the loop's drain may stop the loop. Each
// task may destroy any component, and may begin another drain, which is handled in the next turn.
void Loop::finish_drains() noexcept {
  drain_begun_ = false;
  for (const LoopComponent* one : components_) {
    if (one->drain_ != nullptr) one->drain_->mark_old();
  }
  const auto is_over = [](const LoopComponent* one) {
    return one->drain_ != nullptr && one->drain_->is_old() && one->drain_->is_over();
  };
  for (;;) {
    const auto over = std::find_if(components_.begin(), components_.end(), is_over);
    if (over == components_.end()) break;
    LoopComponent& component = **over;
    component.end_drain();
    const Task done = component.drain_->take_done();
    component.drain_.reset();
    if (done) guarded("drain", done);
  }
  if (drain_ == nullptr || !drain_->is_over()) return;
  const Task done = drain_->take_done();
  drain_.reset();
  if (done) {
    guarded("drain", done);
  } else {
    stop();
  }
}

}  // namespace sluice
