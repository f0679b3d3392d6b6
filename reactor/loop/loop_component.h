// A part of the library that takes part in a loop's turns and in its drain: the table of
// connections, a listener, a datagram socket. Not installed: a program uses EndOfTurn.
//
// Lifetime: registers itself with the loop when it is made; is destroyed before the loop, or owned
// by it. Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_LOOP_COMPONENT_H
#define SLUICE_REACTOR_LOOP_LOOP_COMPONENT_H

#include "loop.h"

namespace sluice {

class LoopComponent {
 public:
  explicit LoopComponent(Loop& loop);
  LoopComponent(const LoopComponent&) = delete;
  LoopComponent& operator=(const LoopComponent&) = delete;
  virtual ~LoopComponent();

  [[nodiscard]] Loop& loop() const noexcept { return loop_; }

  // Makes the loop call end_of_turn() once, at the end of this turn or, outside of a turn, of the
  // next one. From within end_of_turn(): once more.
  void request_end_of_turn() noexcept;
  virtual void end_of_turn() {}
  // Loop::drain() begins: take on nothing new, finish what there is.
  virtual void begin_drain() {}
  // Nothing is left to finish.
  [[nodiscard]] virtual bool drained() const { return true; }
  // The deadline has passed: let go of what is left.
  virtual void end_drain() {}

 private:
  friend class Loop;
  Loop& loop_;
  bool end_of_turn_requested_ = false;
};

}  // namespace sluice

#endif
