// A mistake on the command line: what() names what was read and what is allowed, in one line.
#ifndef SLUICE_TOOLS_COMMON_USAGE_ERROR_H
#define SLUICE_TOOLS_COMMON_USAGE_ERROR_H

#include <stdexcept>

namespace sluice::tools {

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice::tools

#endif
