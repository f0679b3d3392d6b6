// Datagrams, the handler's interface, and the options of a DatagramSocket.
//
// Thread: the loop's. Units: bytes.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_TYPES_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_TYPES_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <variant>

#include "../base/address.h"
#include "../base/endpoint.h"
#include "../base/export.h"
#include "../base/fd.h"

namespace sluice {

class DatagramSocket;

// What a socket receives at: an endpoint, to which it is bound, or a UDP socket that is bound
// already and has no peer, such as one that a service manager has passed.
using DatagramBinding = std::variant<Endpoint, Fd>;

// One datagram, as the handler receives it. Valid until on_datagram() returns.
struct Datagram {
  std::span<const std::byte> data;  // may be empty
  const Address& from;
  // The destination address: the address that the socket is bound to, or on a wildcard socket one
  // of the host's addresses, a broadcast address or a multicast group. It is unspecified if the
  // system does not provide it, or without `want_destination`. Its port is the socket's.
  const Address& to;
  unsigned interface;    // on a wildcard socket, the number of the receiving interface; else 0
  bool truncated;        // it was longer than DatagramOptions::max_size; the rest is lost
  bool unicast = false;  // `to` is known and is an address of only this host
};

// Receives a socket's datagrams and errors. REQUIRES: it outlives the socket.
class SLUICE_EXPORT DatagramHandler {
 public:
  virtual ~DatagramHandler() = default;
  virtual void on_datagram(DatagramSocket& socket, const Datagram& datagram) = 0;
  // `to` is the address to which the failed datagram was sent. On a connected socket it is always
  // the peer. It is unspecified if the error concerns the socket itself. The default does nothing,
  // because UDP does not guarantee delivery.
  virtual void on_error(DatagramSocket& socket, std::error_code error, const Address& to);
  // The queue was too full for a datagram, or DatagramSocket::has_room() was false, and it has
  // fallen to half its limit. The default does nothing.
  virtual void on_writable(DatagramSocket& socket);
  // Called while the socket or its loop drains, at the end of each turn. Returns false while the
  // handler still has something to send, such as a delayed answer. The default returns true.
  [[nodiscard]] virtual bool is_finished(const DatagramSocket& socket) const noexcept;
};

// What a socket has received and sent since it was opened.
struct DatagramCounters {
  std::uint64_t received = 0;  // datagrams, as the three below
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;  // could not be sent, or did not fit into the queue
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

enum class DatagramOverflow : std::uint8_t { drop_newest, drop_oldest };

struct DatagramOptions {
  static constexpr std::size_t kMaxSize = 65'535;
  static constexpr std::size_t kMaxBatch = 1024;  // the limit of Linux
  static constexpr std::size_t kMaxQueue = 1024 * 1024 * 1024;
  static constexpr std::size_t kOverhead = 64;  // added to the size of each datagram in the queue

  // A value above its maximum counts as the maximum, and a batch of 0 as 1. With max_size 0 the
  // contents of datagrams are not received. With a queue_limit below kOverhead every send is
  // dropped, because all that is sent passes through the queue.
  std::size_t max_size = kMaxSize;        // bytes of a datagram that are received
  std::size_t batch = 32;                 // datagrams received or sent with one system call
  std::size_t queue_limit = 1024 * 1024;  // bytes in the send queue, with kOverhead for each
  DatagramOverflow overflow = DatagramOverflow::drop_newest;
  bool broadcast = false;      // SO_BROADCAST
  bool reuse_port = false;     // SO_REUSEPORT
  bool reuse_address = false;  // SO_REUSEADDR: several sockets can receive from a group
  // Equal datagrams to one address, and those that arrive together, are one message between the
  // program and the kernel (UDP_SEGMENT, UDP_GRO), where the kernel can do that. Received ones are
  // joined only with the default max_size. The handler sees no difference.
  bool offload = true;
  bool want_destination = true;  // fill Datagram::to and interface on wildcard sockets
  int receive_buffer = 0;        // SO_RCVBUF, bytes; 0: the system's default
  int send_buffer = 0;           // SO_SNDBUF, bytes; 0: the system's default
};

}  // namespace sluice

#endif
