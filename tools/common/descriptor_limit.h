// The limit on the descriptors of the process: RLIMIT_NOFILE.
//
// Errors: in the result. Source: POSIX.1-2017 setrlimit().
#ifndef SLUICE_TOOLS_COMMON_DESCRIPTOR_LIMIT_H
#define SLUICE_TOOLS_COMMON_DESCRIPTOR_LIMIT_H

#include <algorithm>
#include <cstddef>
#include <string>
#include <system_error>

namespace sluice::tools {

struct DescriptorLimit {
  // If the system does not report the limit.
  static constexpr std::size_t kAssumed = 256;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string before;  // "1024"; "no limit"
  std::string now;
  std::size_t count = kAssumed;  // now, as a number; kNone when there is no limit
  std::error_code error;         // why it could not be raised
};

// Raises the soft limit to the hard one.
DescriptorLimit raise_descriptor_limit();

// How many connections so many descriptors allow: listening sockets, files and what else a program
// opens need a quarter of them, or kSpare if that is less. Of several loops each takes some more.
constexpr std::size_t connections_for(std::size_t descriptors, std::size_t loops = 1) noexcept {
  constexpr std::size_t kSpare = 64;
  constexpr std::size_t kEachLoop = 3;  // its poll set, and one or two to wake it
  if (descriptors == DescriptorLimit::kNone) return descriptors;
  return descriptors - std::min(kSpare + (loops - 1) * kEachLoop, descriptors / 4);
}

}  // namespace sluice::tools

#endif
