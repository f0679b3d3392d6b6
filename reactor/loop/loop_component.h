// A part of the library that takes part in a loop's turns and in its drain: the connection table, a
// listener, a datagram socket. Not installed: programs use EndOfTurn.
//
// Lifetime: the constructor registers it with the loop. It must be destroyed before the loop, or
// the loop owns it. Thread: the loop's.
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
  // The order at the end of a turn: first the components whose callbacks may send, then those that
  // write pending output and close connections.
  enum class Phase : std::uint8_t { callbacks, output };

  explicit LoopComponent(Loop& loop, Phase phase = Phase::output);
  LoopComponent(const LoopComponent&) = delete;
  LoopComponent& operator=(const LoopComponent&) = delete;
  virtual ~LoopComponent();

  [[nodiscard]] Loop& loop() const noexcept { return loop_; }

  // Makes the loop call end_of_turn() once, at the end of this turn, or outside a turn at the end
  // of the next one. If end_of_turn() itself calls it, once more.
  void request_end_of_turn() noexcept;
  [[nodiscard]] bool end_of_turn_requested() const noexcept { return end_of_turn_requested_; }
  virtual void end_of_turn() {}
  // Makes the loop call next_turn() once, at the beginning of the next turn, which does not wait.
  void request_next_turn() noexcept;
  virtual void next_turn() {}

  // The steps of a drain, of this component or of the whole loop, whose drain is that of all
  // components. They call no handler.
  // May be called more than once: accept nothing new, and finish the work in progress.
  virtual void begin_drain() {}
  // True if no work is left. Called at the end of each turn.
  [[nodiscard]] virtual bool drained() const { return true; }
  // Closes what is left: the deadline has passed. This also ends a drain of this component.
  virtual void end_drain() {}
  // Called while the loop is destroyed: closes everything, which calls handlers. Returns false if
  // there was nothing to close.
  virtual bool close_all() noexcept { return false; }

  // Drains this component while the rest of the loop goes on. Runs `done` at the end of the turn in
  // which drained() is true, or soon after `deadline`. A second call can only shorten the deadline.
  // `done` may destroy this object. If the object is destroyed earlier, `done` is dropped. Throws
  // std::bad_alloc, and then changes nothing.
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);
  [[nodiscard]] bool draining() const noexcept;  // this component, or the whole loop
  void cancel_drain() noexcept;                  // drops the deadline and `done`

 private:
  friend class Loop;
  Loop& loop_;
  const Phase phase_;
  std::unique_ptr<LoopDrain> drain_;
  bool end_of_turn_requested_ = false;
  bool next_turn_requested_ = false;
};

}  // namespace sluice

#endif
