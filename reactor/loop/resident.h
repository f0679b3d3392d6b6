// Something that lives in a loop and takes part in its turns: the table of connections, a
// listener, a datagram socket. For the rooms of the reactor, not for embedders.
//
// Lifetime: registers itself with the loop when it is made, and must go before the loop does, or
// be owned by it. Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_RESIDENT_H
#define SLUICE_REACTOR_LOOP_RESIDENT_H

#include "../base/export.h"

namespace sluice {

class Loop;

class SLUICE_EXPORT Resident {
 public:
  explicit Resident(Loop& loop);
  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;
  virtual ~Resident();

  [[nodiscard]] Loop& loop() const noexcept { return loop_; }

  // The end of a turn, once after each Loop::request_sweep(*this). It may ask again.
  virtual void sweep() {}
  // Loop::drain() begins: take on nothing new, finish what there is.
  virtual void begin_drain() {}
  // Nothing is left to finish.
  [[nodiscard]] virtual bool drained() const { return true; }
  // The deadline has passed: let go of what is left.
  virtual void end_drain() {}

 private:
  friend class Loop;
  Loop& loop_;
  bool sweep_requested_ = false;
};

}  // namespace sluice

#endif
