// What a DatagramSocket shows its handler, the handler's interface, and the socket's options.
//
// Thread: the loop's. Units: bytes.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_TYPES_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_TYPES_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include "../base/address.h"
#include "../base/export.h"

namespace sluice {

class DatagramSocket;

// One datagram, as it is shown to the handler. Dies when on_datagram() returns.
struct Datagram {
  std::span<const std::byte> data;  // may be empty: a datagram of no bytes is a datagram
  const Address& from;
  // Where it was sent to: the address that the socket is bound to; for a wildcard socket one of the
  // host's own, or a broadcast or multicast address. Unspecified where the system does not say, or
  // without `want_destination`. Its port is the socket's.
  const Address& to;
  unsigned interface;    // a wildcard socket's: the number of the one it came in on; else 0
  bool truncated;        // it was longer than DatagramOptions::max_size; the rest is lost
  bool unicast = false;  // `to` is known, and an address of this host's alone
};

// What a socket tells its owner. REQUIRES: outlives the socket.
class SLUICE_EXPORT DatagramHandler {
 public:
  virtual ~DatagramHandler() = default;
  virtual void on_datagram(DatagramSocket& socket, const Datagram& datagram) = 0;
  // `to` is where the failed datagram was sent, and a connected socket's peer; unspecified when the
  // error is the socket's own. The default does nothing: to UDP it is one datagram lost.
  virtual void on_error(DatagramSocket& socket, std::error_code error, const Address& to);
  // A queue that was too full for a datagram has fallen to half. The default does nothing.
  virtual void on_writable(DatagramSocket& socket);
  // Asked while the socket or its loop drains, at the end of each turn: whether the handler has
  // nothing left to send of its own accord, such as an answer that it delays. The default is true.
  [[nodiscard]] virtual bool is_finished(const DatagramSocket& socket) const noexcept;
};

enum class DatagramOverflow : std::uint8_t { drop_newest, drop_oldest };

struct DatagramOptions {
  static constexpr std::size_t kMaxSize = 65'535;
  static constexpr std::size_t kMaxBatch = 1024;  // Linux takes no more at once
  static constexpr std::size_t kMaxQueue = 1024 * 1024 * 1024;
  static constexpr std::size_t kOverhead = 64;  // what a waiting datagram counts beside its bytes

  // Numbers above their maxima mean the maxima.
  std::size_t max_size = kMaxSize;        // bytes received of a datagram
  std::size_t batch = 32;                 // datagrams received, or sent, with one system call
  std::size_t queue_limit = 1024 * 1024;  // bytes that wait to be sent, with kOverhead for each
  DatagramOverflow overflow = DatagramOverflow::drop_newest;
  bool broadcast = false;        // SO_BROADCAST
  bool reuse_port = false;       // SO_REUSEPORT
  bool reuse_address = false;    // SO_REUSEADDR: several sockets hear one multicast group
  bool want_destination = true;  // fill Datagram::to and interface on wildcard sockets
  int receive_buffer = 0;        // SO_RCVBUF, bytes; 0: the system's
  int send_buffer = 0;           // SO_SNDBUF
};

}  // namespace sluice

#endif
