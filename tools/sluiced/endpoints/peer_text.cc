#include "peer_text.h"

namespace sluice::tools::daemon {

std::string peer_text(const Connection& connection) {
  const Address peer = connection.peer();
  if (peer.is_ip()) return peer.to_string();
  const auto credentials = connection.peer_credentials();
  if (!credentials) return "unix";
  std::string text =
      "uid:" + std::to_string(credentials->user) + ",gid:" + std::to_string(credentials->group);
  if (credentials->process > 0) text += ",pid:" + std::to_string(credentials->process);
  return text;
}

}  // namespace sluice::tools::daemon
