// A UDP socket that receives and sends in batches.
//
// What it is: a bound or connected UDP socket over IPv4 or IPv6 on a loop. Where the system has
// recvmmsg() and sendmmsg(), one system call receives or sends up to DatagramOptions::batch
// datagrams. The handler receives them one by one. On a "udp://*" socket IPv4 peers have IPv4
// addresses, never IPv4-mapped IPv6 addresses, and send_to() accepts IPv4 addresses.
// Lifetime: must be destroyed before its loop. close() is legal in its own callbacks; destroying it
// there is not. While the loop drains, the socket stops receiving, and the loop waits until the
// queue has been sent.
// Thread: the loop's.
// Errors: the constructors throw std::system_error that names the call and the endpoint, such as
// "bind udp://127.0.0.1:53", or the descriptor. At run time on_error() is called for each error
// (ECONNREFUSED from a connected peer, EMSGSIZE, ENETUNREACH, EACCES for a broadcast without
// `broadcast`). The datagram that failed is dropped and counted (Counters::datagrams_dropped), and
// the socket tries the next one.
// Memory: the sockets of a loop share one set of receive buffers, with 64 KiB of address space for
// each datagram of the largest batch. Only the pages that datagrams have filled use memory.
// Source: RFC 768; POSIX.1-2017 recvmsg(), sendmsg(); recvmmsg(2), sendmmsg(2), ip(7), ipv6(7).
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_H

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "../base/address.h"
#include "../base/endpoint.h"
#include "../base/export.h"
#include "../loop/loop.h"
#include "datagram_types.h"

namespace sluice {

class SLUICE_EXPORT DatagramSocket {
 public:
  // Bound to `local`. REQUIRES: an endpoint has Scheme::udp. On a descriptor the options reuse_port
  // and reuse_address have no effect; throws EINVAL if it is not a UDP socket, or not bound, and
  // EISCONN if it is connected.
  DatagramSocket(Loop& loop, DatagramBinding local, DatagramHandler& handler,
                 const DatagramOptions& options = {});
  // Connected to `peer`: receives only from that peer, and gets an error if the peer's port is
  // closed.
  static std::unique_ptr<DatagramSocket> connect(Loop& loop, const Endpoint& peer,
                                                 DatagramHandler& handler,
                                                 const DatagramOptions& options = {});
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;
  ~DatagramSocket();

  // These functions copy the data into the queue, and never run a callback. The socket sends the
  // queue when a batch is full, and at the latest at the end of the turn. They return false if the
  // socket is closed, or if the queue is full and the datagram was dropped
  // (Counters::datagrams_dropped).
  // `interface` is the number of the outgoing interface. With 0, the routing table and the zone of
  // an IPv6 address determine it. If no interface has the number, the datagram fails with ENODEV.
  // REQUIRES: an IPv4 or IPv6 address, and an unconnected socket.
  bool send_to(std::span<const std::byte> data, const Address& to, unsigned interface = 0);
  bool send(std::span<const std::byte> data);  // REQUIRES: connected
  // Sends to the datagram's source address. If datagram.unicast, the reply's source address is
  // datagram.to; otherwise the system chooses it.
  bool reply(const Datagram& datagram, std::span<const std::byte> data);

  // Multicast. The socket receives only from the groups that it has joined. `interface` is a name
  // ("eth0"). If it is empty, the zone of `group` determines the interface ("ff02::1%eth0");
  // without a zone the system chooses one. These functions throw std::system_error: EINVAL (not a
  // multicast address), ENODEV (no such interface, or none to choose from), EADDRINUSE (joined
  // already), EADDRNOTAVAIL (leaving a group that was not joined), EAFNOSUPPORT (not the socket's
  // family), EBADF (the socket is closed).
  void join(const Address& group, std::string_view interface = {});
  void leave(const Address& group, std::string_view interface = {});

  [[nodiscard]] Loop& loop() const noexcept;
  [[nodiscard]] const Endpoint& local() const noexcept;  // with the real port; also when closed
  [[nodiscard]] std::size_t queued() const noexcept;     // as counted for queue_limit
  // At most half of queue_limit is queued. If not, DatagramHandler::on_writable() is called when it
  // is, though nothing was dropped: a handler with much to send asks before each datagram.
  [[nodiscard]] bool has_room() noexcept;
  // The actual size of the receive buffer, which Linux doubles. Throws std::system_error: EBADF
  // (closed).
  [[nodiscard]] int receive_buffer() const;
  [[nodiscard]] const DatagramCounters& counters() const noexcept;
  // The socket, for its options (IP_TOS, IP_TTL, SO_SNDBUF). -1 when closed. REQUIRES: the program
  // does not receive, send, connect or close it.
  [[nodiscard]] int native_handle() const noexcept;
  // Takes effect at once, and runs no callback. Tries to send the queue once more, and drops the
  // rest. Does nothing if the socket is closed.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept;

  // Ends this socket in order while the rest of the loop goes on. The socket stops receiving;
  // datagrams that wait in the kernel are lost. It sends its queue and whatever its handler still
  // sends until DatagramHandler::is_finished() is true. Then it is closed, and `done` runs once, at
  // the end of that turn. After `deadline` it is closed with what is queued.
  // Legal anywhere, also on a closed socket. A second call can only shorten the deadline. `done`
  // may destroy the socket. If the socket is destroyed earlier, `done` is dropped. Throws
  // std::bad_alloc, and then changes nothing.
  void drain(std::chrono::milliseconds deadline, Task done = {});
  [[nodiscard]] bool draining() const noexcept;  // this socket, or the whole loop

 private:
  class SLUICE_LOCAL Impl;
  SLUICE_LOCAL explicit DatagramSocket(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
