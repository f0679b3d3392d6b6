// What is known about a connection that has closed: for the log and those who watch.
//
// A value: connections of other loops end in their threads, and are reported in the first one's.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_CONNECTION_END_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_CONNECTION_END_H

#include <chrono>
#include <cstdint>
#include <string>

#include "../../../reactor/stream/connection.h"
#include "peer_text.h"

namespace sluice::tools::daemon {

struct ConnectionEnd {
  // Throws std::bad_alloc. Thread: that of the connection's loop.
  explicit ConnectionEnd(const Connection& connection)
      : peer(connection.peer()),
        peer_name(peer_text(connection)),
        bytes_in(connection.bytes_in()),
        bytes_out(connection.bytes_out()),
        age(connection.age()),
        reason(connection.close_reason()) {}

  Address peer;  // the client behind a proxy
  std::string peer_name;
  std::uint64_t bytes_in;
  std::uint64_t bytes_out;
  std::chrono::seconds age;
  CloseReason reason;
};

}  // namespace sluice::tools::daemon

#endif
