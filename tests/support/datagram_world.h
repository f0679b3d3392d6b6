// A datagram socket on a loop, its recorder, and a plain socket that it may send to.
#ifndef SLUICE_TESTS_SUPPORT_DATAGRAM_WORLD_H
#define SLUICE_TESTS_SUPPORT_DATAGRAM_WORLD_H

#include <string>

#include "backend.h"
#include "datagrams.h"

namespace sluice::test {

inline const std::string kTooLong(65'508, 'x');  // one byte more than the maximum of IPv4

struct World {
  explicit World(const DatagramOptions& options = {}, const char* local = "udp://127.0.0.1:0")
      : socket(loop, Endpoint::from(local), handler, options) {}

  bool send(const std::string& data) { return socket.send_to(bytes_of(data), peer.address()); }

  Loop loop{backend_options()};
  Recorder handler;
  DatagramSocket socket;
  Peer peer;
};

// Room for two datagrams of one byte.
inline DatagramOptions room_for_two(DatagramOverflow overflow = DatagramOverflow::drop_newest) {
  DatagramOptions options;
  options.queue_limit = 2 * (DatagramOptions::kOverhead + 1);
  options.overflow = overflow;
  return options;
}

}  // namespace sluice::test

#endif
