// What one turn may spend on the input of connections and sockets, and each one's share of that.
//
// What it is: a share begins when the input of one connection, or of one socket, is handled.
// Between two messages its owner asks may_continue(); when that is false, what is left waits for
// the next turn, so that the others are served in between. A share ends
//   - after `messages`, or
//   - after its part of `budget`. Those that were cut short in the last turn divide the budget
//     equally; whoever is new takes at most half of what is left of it, and everyone kMinShare.
// Handlers cause work that is done later: what they send is written at the end of the turn. So the
// budget shrinks when a turn with cuts took longer than it, and grows back when turns are short.
// Cost: a question is a comparison; one in kMaxUnasked of them, and the first few, read the clock.
// On virtual time only `messages` counts.
// Lifetime: a part of its loop. Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_TURN_TURN_BUDGET_H
#define SLUICE_REACTOR_LOOP_TURN_TURN_BUDGET_H

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "../../base/export.h"
#include "../../base/timer_queue.h"

namespace sluice {

class TurnBudget {
 public:
  static constexpr std::chrono::microseconds kMinShare{20};
  static constexpr std::size_t kMaxUnasked = 64;  // questions between two looks at the clock
  static constexpr std::size_t kCrowd = 32;
  static constexpr int kMaxShrink = 64;  // the budget never falls below 1/64 of itself

  // `budget` of 0: no limit on time.
  TurnBudget(std::chrono::microseconds budget, std::size_t messages, bool virtual_time) noexcept
      : budget_(budget),
        messages_(messages),
        timed_(!virtual_time && budget.count() > 0),
        allowed_(budget) {}

  // The input of one connection or socket is handled from now on.
  void begin_share() noexcept {
    asked_ = 0;
    next_look_ = 1;
    started_ = over_ = false;
    if (busy_ > 0) start();
  }
  // The same, for what cannot wait: what had arrived before a drain.
  void begin_unlimited() noexcept {
    asked_ = 0;
    next_look_ = static_cast<std::size_t>(-1);
    started_ = over_ = false;
  }
  // Another message may be handled.
  [[nodiscard]] bool may_continue() noexcept { return ++asked_ < next_look_ || look(); }
  // may_continue() has returned false in this share.
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  // The share ends although there is more input.
  void cut() noexcept {
    ++cut_;
    over_ = true;
  }

  // A step that cannot be divided, such as one of a handshake. When the steps and shares of this
  // turn have used its budget, the next step waits for the next turn.
  [[nodiscard]] bool has_room_for_step() const noexcept { return !timed_ || used_ < allowed_; }
  template <class Step>
  void take_step(Step&& step) {
    const TimePoint began = timed_ ? Clock::now() : TimePoint();
    step();
    if (timed_) used_ += Clock::now() - began;
  }

  // So many were cut short in the last turn that each is to take less at a time.
  [[nodiscard]] bool is_crowded() const noexcept { return busy_ >= kCrowd; }

  // The turn that has taken so long is over.
  void end_turn(Clock::duration took) noexcept;

 private:
  SLUICE_EXPORT bool look() noexcept;
  SLUICE_EXPORT void start() noexcept;

  Clock::duration budget_;
  std::size_t messages_;
  bool timed_;
  bool started_ = false;  // the clock of this share runs
  bool over_ = false;
  std::size_t asked_ = 0;      // in this share
  std::size_t next_look_ = 1;  // at which question the limits are looked at
  TimePoint last_look_;
  Clock::duration left_{};   // of this share
  Clock::duration allowed_;  // the budget of a turn, as long as turns take longer than they may
  Clock::duration used_{};   // by the shares of this turn
  std::size_t cut_ = 0;      // in this turn
  std::size_t busy_ = 0;     // cut in the last turn
};

}  // namespace sluice

#endif
