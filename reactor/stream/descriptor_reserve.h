// A descriptor kept for the day when there are no more. For Listener.
//
// What it is: /dev/null, held open. Out of descriptors, a newcomer cannot even be turned away, and
// a level-triggered loop would spin on it; so the spare one is given up, the newcomer accepted in
// its place and closed, and the spare one taken again.
// Thread: the loop's. Errors: none leaves; a spare descriptor that could not be had is tried for
// again.
#ifndef SLUICE_REACTOR_STREAM_DESCRIPTOR_RESERVE_H
#define SLUICE_REACTOR_STREAM_DESCRIPTOR_RESERVE_H

#include "../base/fd.h"

namespace sluice {

class DescriptorReserve {
 public:
  DescriptorReserve() noexcept { refill(); }
  // Accepts one newcomer of `listening` and closes it. False when that was not possible, with
  // accept()'s errno: EAGAIN when nobody waits, EMFILE or ENFILE when there is nothing to give up.
  bool turn_away(int listening) noexcept;
  // Takes the spare descriptor if it is not held.
  void refill() noexcept;
  [[nodiscard]] bool held() const noexcept { return static_cast<bool>(spare_); }

 private:
  Fd spare_;
};

}  // namespace sluice

#endif
