// A function at the end of a turn: it handles together what the turn's callbacks have gathered.
//
// What it is: request() makes the loop run the function once at the end of the turn, however often
// it is called. A chat, for example, gathers what its members say in one turn and sends it at once.
// Order at the end of a turn: the tasks of Loop::defer(); then these functions, in the order of
// their requests; then the loop writes what was sent, closes connections and calls on_close().
// A request that comes later than that, from another such function or from on_close() for example,
// still counts for this turn: the function runs, and what it sends is written. A chain of more than
// Loop::kMaxEndOfTurnRounds requests goes on in the next turn, which does not wait.
// A request from outside of a turn runs at the end of the next turn, which does not wait.
// Drain: Loop::drain() neither stops nor awaits these functions. The `done` of a drain runs after
// the functions that its last turn requested. What a function sends on behalf of the data that had
// arrived before a drain is written before the connections close.
// Lifetime: is destroyed before its loop; that withdraws the request. The function may destroy it.
// Thread: the loop's.
// Errors: the constructor throws std::bad_alloc; request() does not fail. What the function throws
// is reported by the loop, "end of turn", and the function stays.
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
  // A request waits for the end of the turn.
  [[nodiscard]] bool requested() const noexcept;

 private:
  class SLUICE_LOCAL Component;
  std::unique_ptr<Component> component_;
};

}  // namespace sluice

#endif
