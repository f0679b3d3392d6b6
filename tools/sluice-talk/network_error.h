// A failure of the network: what() names the endpoint and the reason.
#ifndef SLUICE_TOOLS_SLUICE_TALK_NETWORK_ERROR_H
#define SLUICE_TOOLS_SLUICE_TALK_NETWORK_ERROR_H

#include <stdexcept>

namespace sluice::tools::talk {

class NetworkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice::tools::talk

#endif
