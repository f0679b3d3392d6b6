// A part of the library that takes part in a loop's turns and in its drain: the table of
// connections, a listener, a datagram socket. Not installed: a program uses EndOfTurn.
//
// Lifetime: registers itself with the loop when it is made; is destroyed before the loop, or owned
// by it. Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_LOOP_COMPONENT_H
#define SLUICE_REACTOR_LOOP_LOOP_COMPONENT_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace sluice {

class Loop;
class LoopDrain;

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

  // The steps of a drain, of this one alone or of the whole loop, whose drain is the drain of all.
  // They call no handler. Begin, perhaps more than once: take on nothing new, finish what there is.
  virtual void begin_drain() {}
  // Nothing is left to finish. Asked at the end of each turn.
  [[nodiscard]] virtual bool drained() const { return true; }
  // Close what is left: the deadline has passed. A drain of this one alone ends with it, too.
  virtual void end_drain() {}

  // Drains this one alone, while the rest of the loop goes on: begins, and runs `done` at the end
  // of the turn in which it is drained, at the latest soon after `deadline`. A second call only
  // shortens the deadline. `done` may destroy this object; destroyed before, it drops `done`.
  // Throws std::bad_alloc, and then has not begun.
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);
  [[nodiscard]] bool draining() const noexcept;  // alone, or with the loop
  void cancel_drain() noexcept;                  // drops the deadline and `done`

 private:
  friend class Loop;
  Loop& loop_;
  const Phase phase_;
  std::unique_ptr<LoopDrain> drain_;
  bool end_of_turn_requested_ = false;
};

}  // namespace sluice

#endif
