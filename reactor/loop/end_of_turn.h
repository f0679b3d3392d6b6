// A function that runs at the end of a turn, for what the callbacks of the turn have collected.
//
// What it is: request() makes the loop run the function once at the end of the turn, however often
// it is called. A chat, for example, collects the lines of its members during a turn and sends them
// together.
// Order at the end of a turn: the tasks of Loop::defer(); then these functions, in the order of
// their requests; then the loop writes the pending output, closes connections and calls on_close().
// A later request, such as one from another of these functions or from on_close(), still belongs to
// this turn: the function runs, and its output is written. A chain of more than
// Loop::kMaxEndOfTurnRounds requests continues in the next turn, which does not wait. A request
// outside a turn runs at the end of the next turn, which does not wait.
// Drain: Loop::drain() neither stops these functions nor waits for them. The `done` of a drain runs
// after the functions that its last turn requested. If a function sends because of input that had
// arrived before a drain, its output is written before the connections close.
// Lifetime: must be destroyed before its loop. The destructor withdraws the request. The function
// may destroy the object.
// Thread: the loop's.
// Errors: the constructor throws std::bad_alloc; request() does not fail. The loop reports what the
// function throws, as "end of turn", and the function can be requested again.
#ifndef SLUICE_REACTOR_LOOP_END_OF_TURN_H
#define SLUICE_REACTOR_LOOP_END_OF_TURN_H

#include <memory>

#include "../base/export.h"
#include "loop.h"

namespace sluice {

class SLUICE_EXPORT EndOfTurn {
 public:
  // REQUIRES: `function` is not empty.
  EndOfTurn(Loop& loop, Task function);
  EndOfTurn(const EndOfTurn&) = delete;
  EndOfTurn& operator=(const EndOfTurn&) = delete;
  ~EndOfTurn();

  void request() noexcept;
  // True from request() until the function runs.
  [[nodiscard]] bool requested() const noexcept;

 private:
  class SLUICE_LOCAL Component;
  std::unique_ptr<Component> component_;
};

}  // namespace sluice

#endif
