// Whom to answer, and when: answers that wait for a moment of their own.
//
// What it is: a heap of addresses by time, of at most `limit`. Thread: none of its own.
// Errors: add() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_UDP_DELAYED_ANSWERS_H
#define SLUICE_PROTOCOLS_UDP_DELAYED_ANSWERS_H

#include <cstddef>
#include <optional>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/base/timer_queue.h"

namespace sluice {

class SLUICE_EXPORT DelayedAnswers {
 public:
  explicit DelayedAnswers(std::size_t limit) noexcept : limit_(limit) {}

  // False, and nothing added, when as many wait already.
  bool add(const Address& to, TimePoint due);
  // The one that is due first, taken out; nothing when none is due at `now`.
  std::optional<Address> take_due(TimePoint now);
  // When the first is due. REQUIRES: size() > 0.
  [[nodiscard]] TimePoint next() const noexcept { return waiting_.front().due; }
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

 private:
  struct Waiting {
    TimePoint due;
    Address to;
  };
  static bool later(const Waiting& a, const Waiting& b) noexcept { return a.due > b.due; }

  std::size_t limit_;
  std::vector<Waiting> waiting_;
};

}  // namespace sluice

#endif
