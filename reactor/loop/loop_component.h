// A part of the library that takes part in a loop's turns and in its drain: the table of
// connections, a listener, a datagram socket. Not installed: a program uses EndOfTurn.
//
// Lifetime: registers itself with the loop when it is made; is destroyed before the loop, or owned
// by it. Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_LOOP_COMPONENT_H
#define SLUICE_REACTOR_LOOP_LOOP_COMPONENT_H

#include <cstdint>

namespace sluice {

class Loop;

class LoopComponent {
 public:
  // The order at the end of a turn: first those whose callbacks may send, then those that write
  // what was sent, and close.
  enum class Phase : std::uint8_t { callbacks, output };

  explicit LoopComponent(Loop& loop, Phase phase = Phase::output);
  LoopComponent(const LoopComponent&) = delete;
  LoopComponent& operator=(const LoopComponent&) = delete;
  virtual ~LoopComponent();

  [[nodiscard]] Loop& loop() const noexcept { return loop_; }

  // Makes the loop call end_of_turn() once, at the end of this turn or, outside of a turn, of the
  // next one. From within end_of_turn(): once more.
  void request_end_of_turn() noexcept;
  [[nodiscard]] bool end_of_turn_requested() const noexcept { return end_of_turn_requested_; }
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
  const Phase phase_;
  bool end_of_turn_requested_ = false;
};

}  // namespace sluice

#endif
