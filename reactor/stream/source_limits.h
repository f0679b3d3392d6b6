// The number of open connections of each source address. Only for Listener.
//
// What it is: a count for each address, without its port. An entry exists only while its count is
// not 0, so the table has at most as many entries as there are connections.
// Thread: one at a time. Errors: add() may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_STREAM_SOURCE_LIMITS_H
#define SLUICE_REACTOR_STREAM_SOURCE_LIMITS_H

#include <cstddef>
#include <unordered_map>

#include "../base/address.h"

namespace sluice {

class SourceLimits {
 public:
  explicit SourceLimits(std::size_t limit) noexcept : limit_(limit) {}
  // Adds a connection from `source`. Returns false, and counts nothing, if that would exceed the
  // limit.
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
