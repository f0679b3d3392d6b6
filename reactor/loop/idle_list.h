// Connections in order of their last activity, and one timer for the one that has been idle
// longest.
//
// What it is: an intrusive list and one entry in the loop's timers. Touching a member costs a few
// pointer writes and no system call. Nothing runs while nothing expires.
// Lifetime: a Node's destructor removes it from its list. The list must be destroyed before its
// loop.
// Thread: the loop's.
// Units: milliseconds. A member expires when it has not been touched for the whole timeout(), at
// most two milliseconds late. Stamps are whole milliseconds since the list was made, rounded up, in
// 32 bits, so that an idle connection stays small. Their differences are correct up to kMaxTimeout.
#ifndef SLUICE_REACTOR_LOOP_IDLE_LIST_H
#define SLUICE_REACTOR_LOOP_IDLE_LIST_H

#include <chrono>
#include <cstdint>

#include "../base/export.h"
#include "../base/timer_queue.h"
#include "loop.h"

namespace sluice {

class IdleList final : private TimerQueue::Entry {
 public:
  static constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(24 * 20);

  class Node {
   public:
    Node() noexcept = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node() { unlink(); }
    [[nodiscard]] bool linked() const noexcept { return next_ != nullptr; }
    SLUICE_EXPORT void unlink() noexcept;

   private:
    friend class IdleList;
    Node* previous_ = nullptr;
    Node* next_ = nullptr;
    std::uint32_t stamp_ = 0;  // a derived class may use the four bytes after it
  };

  // Calls `expired` for each node that has timed out, after unlinking it. It may touch, unlink or
  // destroy any node. A timeout of 0 means never; one above kMaxTimeout counts as kMaxTimeout.
  using Expired = void (*)(Node& node);
  IdleList(Loop& loop, std::chrono::milliseconds timeout, Expired expired);
  ~IdleList() override;

  [[nodiscard]] std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  // How long the node has not been touched. REQUIRES: it is linked, in this list.
  [[nodiscard]] std::chrono::milliseconds since_touch(const Node& node) const noexcept;
  // Marks the node as active now: links it, or moves it to the end. Does nothing if the timeout is
  // 0.
  void touch(Node& node) {
    if (timeout_.count() != 0) move_to_end(node);
  }

 private:
  SLUICE_EXPORT void move_to_end(Node& node);
  void expire() override;
  [[nodiscard]] bool empty() const noexcept { return ends_.next_ == &ends_; }

  Loop& loop_;
  std::chrono::milliseconds timeout_;
  Expired expired_;
  TimePoint epoch_;
  bool* gone_ = nullptr;  // while expire() runs: where the destructor says that it must return
  // next: the node that has been idle longest; previous: the one that was active last
  struct Ends : Node {
    explicit Ends(IdleList& of) noexcept : list(of) {}
    void stop_timer() noexcept;
    IdleList& list;
  } ends_;
};

}  // namespace sluice

#endif
