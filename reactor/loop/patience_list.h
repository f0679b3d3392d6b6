// Members that others wait for, each until its deadline. Only for the protocols; not installed.
//
// What it is: a list with one timer for all. It looks at the members in the order in which they
// were added: a member with less patience than one before it also waits for that one's deadline.
// Lifetime: must be destroyed before its loop. A member is removed before it is destroyed.
// Thread: the loop's. Errors: add() may throw std::bad_alloc, and has added nothing then.
#ifndef SLUICE_REACTOR_LOOP_PATIENCE_LIST_H
#define SLUICE_REACTOR_LOOP_PATIENCE_LIST_H

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "loop.h"
#include "timer.h"

namespace sluice {

template <class Member>
class PatienceList {
 public:
  // When the timer ends, `expired` runs for each member whose deadline has passed, after its
  // removal from the list; then `done` runs once. Both may add and remove members, and must not
  // destroy the list.
  PatienceList(Loop& loop, std::function<void(Member&)> expired, std::function<void()> done)
      : loop_(loop),
        expired_(std::move(expired)),
        done_(std::move(done)),
        timer_(loop, [this] { expire(); }) {}

  [[nodiscard]] std::size_t size() const noexcept { return waits_.size(); }

  // REQUIRES: it is not on the list.
  void add(Member& member, std::chrono::milliseconds patience) {
    if (!timer_.running()) timer_.start(patience);
    waits_.push_back({&member, later(loop_.now(), patience)});
  }
  // Returns whether it was on the list.
  bool remove(Member& member) noexcept {
    const auto same = [&member](const Wait& wait) { return wait.member == &member; };
    return std::erase_if(waits_, same) > 0;
  }

 private:
  struct Wait {
    Member* member;
    TimePoint deadline;
  };

  void expire() {
    const TimePoint now = loop_.now();
    while (!waits_.empty() && waits_.front().deadline <= now) {
      Member& member = *waits_.front().member;
      waits_.pop_front();
      expired_(member);
    }
    if (!waits_.empty()) {
      timer_.start(std::chrono::ceil<std::chrono::milliseconds>(waits_.front().deadline - now));
    }
    done_();
  }

  Loop& loop_;
  const std::function<void(Member&)> expired_;
  const std::function<void()> done_;
  std::deque<Wait> waits_;
  Timer timer_;
};

}  // namespace sluice

#endif
