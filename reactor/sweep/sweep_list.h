// An intrusive list: the links are in its members.
//
// What it is: a circular doubly linked list that neither allocates nor owns. A node is in at most
// one list, and can unlink itself.
// Lifetime: a node's destructor unlinks it; a list's destructor unlinks its nodes.
// Thread: one at a time. Cost: O(1), except take() and clear().
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_LIST_H
#define SLUICE_REACTOR_SWEEP_SWEEP_LIST_H

namespace sluice {

class SweepNode {
 public:
  SweepNode() noexcept = default;
  SweepNode(const SweepNode&) = delete;
  SweepNode& operator=(const SweepNode&) = delete;
  ~SweepNode() { unlink(); }

  [[nodiscard]] bool linked() const noexcept { return next_ != this; }
  void unlink() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

 private:
  template <class T>
  friend class SweepList;
  SweepNode* previous_ = this;
  SweepNode* next_ = this;
};

// REQUIRES: T derives from SweepNode, once.
template <class T>
class SweepList {
 public:
  ~SweepList() { clear(); }

  [[nodiscard]] bool empty() const noexcept { return !ends_.linked(); }
  // REQUIRES: not empty.
  [[nodiscard]] T& front() noexcept { return static_cast<T&>(*ends_.next_); }
  // Both first remove the node from the list that it is in.
  void push_back(T& node) noexcept { put_between(*ends_.previous_, node, ends_); }
  void push_front(T& node) noexcept {
    node.unlink();
    put_between(ends_, node, *ends_.next_);
  }
  // Appends all nodes of `other`.
  void take(SweepList& other) noexcept {
    while (!other.empty()) push_back(other.front());
  }
  void clear() noexcept {
    while (!empty()) ends_.next_->unlink();
  }

 private:
  void put_between(SweepNode& before, SweepNode& node, SweepNode& after) noexcept {
    // The node may be the last one of this list.
    SweepNode* const left = &before == &node ? before.previous_ : &before;
    node.unlink();
    node.previous_ = left;
    node.next_ = &after;
    left->next_ = &node;
    after.previous_ = &node;
  }

  SweepNode ends_;
};

}  // namespace sluice

#endif
