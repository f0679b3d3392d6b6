// A UDP socket: datagrams received and sent in batches.
//
// What it is: a bound or connected UDP socket over IPv4 or IPv6 on a loop. It receives up to
// DatagramOptions::batch datagrams with one system call where the system can (recvmmsg), hands them
// to the handler one by one, and sends what the handler sent with as few calls (sendmmsg).
// IPv4 on a "udp://*" socket: peers are told, and take, as IPv4 addresses, never as mapped ones.
// Lifetime: must go before its loop. close() is legal in its own callbacks; destroying it there is
// not. A drain of the loop stops the receiving, and waits until what is queued has been sent.
// Thread: the loop's.
// Errors: the constructors throw std::system_error that names the call and the endpoint, such as
// "bind udp://127.0.0.1:53". At run time an error (ECONNREFUSED from a connected peer, EMSGSIZE,
// ENETUNREACH, EACCES for a broadcast without `broadcast`) arrives in on_error(): the datagram that
// it befell is dropped (Counters::datagrams_dropped), and the socket goes on with the next.
// Memory: the sockets of a loop share one set of receive buffers, 64 KiB for each datagram of the
// largest batch; only pages that a datagram reached are resident.
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
  // Bound to `local`. REQUIRES: Scheme::udp.
  DatagramSocket(Loop& loop, const Endpoint& local, DatagramHandler& handler,
                 const DatagramOptions& options = {});
  // Connected to `peer`: hears nobody else, and is told when the port is refused.
  static std::unique_ptr<DatagramSocket> connect(Loop& loop, const Endpoint& peer,
                                                 DatagramHandler& handler,
                                                 const DatagramOptions& options = {});
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;
  ~DatagramSocket();

  // Queue a copy, which is sent when a batch is full and at the end of the turn at the latest. They
  // never call back. False when the socket is closed, or the queue is full and this datagram was
  // dropped (Counters::datagrams_dropped).
  // `interface` is the number of the one that it leaves by; 0: as the routes say, and for IPv6 as
  // the zone of `to` says. One that is not there is an error of that datagram: ENODEV.
  // REQUIRES: an IPv4 or IPv6 address, and a socket that is not connected.
  bool send_to(std::span<const std::byte> data, const Address& to, unsigned interface = 0);
  bool send(std::span<const std::byte> data);  // REQUIRES: connected
  // To datagram.from, from datagram.to if datagram.unicast; else the system chooses the source.
  bool reply(const Datagram& datagram, std::span<const std::byte> data);

  // Multicast. The socket hears only the groups that it joined. `interface` is a name ("eth0");
  // when it is empty a zone in `group` counts ("ff02::1%eth0"), and else the system chooses. They
  // throw std::system_error: EINVAL (not a multicast address), ENODEV (no such interface, or none
  // to choose), EADDRINUSE (joined already), EADDRNOTAVAIL (leaving what was not joined),
  // EAFNOSUPPORT (not the socket's family), EBADF (the socket is closed).
  void join(const Address& group, std::string_view interface = {});
  void leave(const Address& group, std::string_view interface = {});

  [[nodiscard]] Loop& loop() const noexcept;
  [[nodiscard]] const Endpoint& local() const noexcept;  // with the real port; also when closed
  [[nodiscard]] std::size_t queued() const noexcept;     // as queue_limit counts
  // What the system gave (Linux: double what was asked). Throws std::system_error: EBADF (closed).
  [[nodiscard]] int receive_buffer() const;
  // At once, and without calling back: what waits is tried once more, then dropped. Harmless when
  // called again.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept;

  // Ends this socket while the rest of the loop goes on: stops receiving, sends what is queued and
  // what its handler still has to send (DatagramHandler::is_finished()), then closes it and runs
  // `done`, once, at the end of that turn. At `deadline` the rest is dropped first. Datagrams that
  // wait in the kernel are not received any more.
  // Legal anywhere, also when the socket is closed. A second call only shortens the deadline.
  // `done` may destroy the socket; a socket that is destroyed before drops `done`.
  // Throws std::bad_alloc, and then nothing has begun.
  void drain(std::chrono::milliseconds deadline, Task done = {});
  [[nodiscard]] bool draining() const noexcept;  // alone, or with the loop

 private:
  class SLUICE_LOCAL Impl;
  SLUICE_LOCAL explicit DatagramSocket(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
