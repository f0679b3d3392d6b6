#include "relay_peer.h"

#include "../../reactor/stream/connection.h"

namespace sluice {

void RelayPeer::on_open(Connection& connection) {
  if (member_.is_detached()) return connection.close();
  member_.join(connection);
}

std::size_t RelayPeer::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  if (member_.must_wait()) {
    member_.wait();
    return 0;
  }
  member_.deliver(RelayForm::bytes, in);
  return in.size();
}

}  // namespace sluice
