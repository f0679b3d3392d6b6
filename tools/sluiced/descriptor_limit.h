// How many descriptors the process may have: RLIMIT_NOFILE.
//
// Source: POSIX.1-2017 setrlimit().
#ifndef SLUICE_TOOLS_SLUICED_DESCRIPTOR_LIMIT_H
#define SLUICE_TOOLS_SLUICED_DESCRIPTOR_LIMIT_H

#include <string>
#include <system_error>

namespace sluice {

struct DescriptorLimit {
  std::string before;  // "1024"; "no limit"
  std::string now;
  std::error_code error;  // why it could not be raised
};

// Raises the soft limit to the hard one.
DescriptorLimit raise_descriptor_limit();

}  // namespace sluice

#endif
