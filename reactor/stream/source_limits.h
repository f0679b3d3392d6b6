// How many connections each source address has open. For Listener.
//
// What it is: a count an address, without its port. An entry exists only while its count is not 0,
// so the table is as large as the connections are many.
// Thread: none of its own. Errors: add() may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_STREAM_SOURCE_LIMITS_H
#define SLUICE_REACTOR_STREAM_SOURCE_LIMITS_H

#include <cstddef>
#include <unordered_map>

#include "../base/address.h"

namespace sluice {

class SourceLimits {
 public:
  explicit SourceLimits(std::size_t limit) noexcept : limit_(limit) {}
  // One more from `source`; false, and nothing counted, when that would be above the limit.
  bool add(const Address& source);
  void remove(const Address& source) noexcept;
  [[nodiscard]] std::size_t count(const Address& source) const noexcept;
  [[nodiscard]] std::size_t sources() const noexcept { return counts_.size(); }

 private:
  static Address key(const Address& source) noexcept;

  std::size_t limit_;
  std::unordered_map<Address, std::size_t> counts_;
};

}  // namespace sluice

#endif
