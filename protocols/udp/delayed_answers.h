// Answers that are sent later: the addresses to answer, each with its time.
//
// What it is: a heap of at most `limit` addresses, the earliest first.
// Thread: any, one at a time. Errors: add() may throw std::bad_alloc.
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

  // Returns false, and adds nothing, if `limit` answers are waiting already.
  bool add(const Address& to, TimePoint due);
  // Removes and returns the first address that is due at `now`, if any.
  std::optional<Address> pop_due(TimePoint now);
  // When the first answer is due. REQUIRES: size() > 0.
  [[nodiscard]] TimePoint next_due() const noexcept { return waiting_.front().due; }
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
