#include "idle_list.h"

#include <algorithm>

#include "loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

void IdleList::Node::unlink() noexcept {
  if (next_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  // Only the list's ends are left. A running timer would keep a host's ev_run() from returning.
  if (previous_ == next_) static_cast<Ends*>(next_)->stop_timer();
  previous_ = next_ = nullptr;
}

void IdleList::Ends::stop_timer() noexcept { LoopInternals::stop_timer(list.loop_, list); }

IdleList::IdleList(Loop& loop, milliseconds timeout, Expired expired)
    : loop_(loop),
      timeout_(std::min(timeout, kMaxTimeout)),
      expired_(expired),
      epoch_(loop.now()),
      ends_(*this) {
  ends_.previous_ = ends_.next_ = &ends_;
}

IdleList::~IdleList() {
  if (gone_ != nullptr) *gone_ = true;
  LoopInternals::stop_timer(loop_, *this);
  while (!empty()) ends_.next_->unlink();
  ends_.previous_ = ends_.next_ = nullptr;
}

void IdleList::move_to_end(Node& node) {
  // Not the time of the turn: the time that a slow handler takes is not the peer's silence.
  // The stamp is rounded up, and the time to compare it with down. So nothing expires early, and
  // with a clock of whole milliseconds, such as the virtual one, everything expires on time.
  const TimePoint touched = LoopInternals::fresh_now(loop_);
  const auto stamp = std::chrono::ceil<milliseconds>(touched - epoch_);
  node.stamp_ = static_cast<std::uint32_t>(stamp.count());
  if (ends_.previous_ == &node) return;
  node.unlink();
  node.previous_ = ends_.previous_;
  node.next_ = &ends_;
  ends_.previous_->next_ = &node;
  ends_.previous_ = &node;
  // The timer is not moved when the first node is touched. If it finds nothing due it starts itself
  // again, at most once for each timeout.
  if (!queued()) LoopInternals::start_timer(loop_, *this, epoch_ + stamp + timeout_);
}

// Stamps wrap after 49 days. The difference is below kMaxTimeout, and negative for a node that was
// touched in this millisecond.
milliseconds IdleList::since_touch(const Node& node) const noexcept {
  const auto now = std::chrono::floor<milliseconds>(loop_.now() - epoch_);
  const auto since = static_cast<std::uint32_t>(now.count()) - node.stamp_;
  return milliseconds(static_cast<std::int32_t>(since));
}

void IdleList::expire() {
  const auto now = std::chrono::floor<milliseconds>(loop_.now() - epoch_);
  while (!empty()) {
    Node& head = *ends_.next_;
    const milliseconds silent = since_touch(head);
    if (silent < timeout_) {
      LoopInternals::start_timer(loop_, *this, epoch_ + now + (timeout_ - silent));
      return;
    }
    head.unlink();
    // A connection that gets other options may free its group, which has this list.
    bool gone = false;
    gone_ = &gone;
    expired_(head);
    if (gone) return;
    gone_ = nullptr;
  }
}

}  // namespace sluice
