// Connects to the first of several addresses that responds, or to a host by its name.
//
// What it is: non-blocking connect() to one address, or a race of several, which connect_to() looks
// up first. A new attempt begins when the last one has had its head start or has failed. The first
// attempt that succeeds wins, and the others are closed. The connector makes a Connection of the
// winner, or passes its socket to the caller. It supports TCP and Unix stream sockets.
// Lifetime: must be destroyed before its loop. The destructor cancels all attempts and calls
// nothing. Any function that the connector calls may start it again, cancel it or destroy it. The
// connector does not own the connections that it has made.
// Thread: the loop's.
// Errors: start() may throw std::bad_alloc; connect_to() also std::invalid_argument, for text that
// is no target, and the exceptions of Resolver's constructor and of ConnectorOptions::tls. All
// other errors are passed to `failed`: each address with its errno, also when no descriptor
// (EMFILE) or port (EADDRNOTAVAIL) is left. The connector itself sets ETIMEDOUT if a deadline ended
// an attempt, ECANCELED if the attempt was not completed, and ECONNREFUSED if the kernel connected
// the socket to itself. The loop reports what a function throws.
// Units: milliseconds.
// Source: POSIX.1-2017 connect(); RFC 8305.
#ifndef SLUICE_REACTOR_CONNECT_CONNECTOR_H
#define SLUICE_REACTOR_CONNECT_CONNECTOR_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../base/address.h"
#include "../base/export.h"
#include "../base/fd.h"
#include "../loop/loop.h"
#include "../stream/connection_options.h"
#include "../stream/protocol.h"
#include "connect_socket.h"

namespace sluice {

class Resolver;
struct ConnectTarget;

enum class ConnectOrder : std::uint8_t {
  // Alternates between IPv6 and all others, beginning with IPv6. Keeps the order within each group.
  ipv6_first,
  as_given  // keeps the order of the list, such as a primary server and its backups
};

struct ConnectorOptions {
  // Shorter head starts are increased to this (RFC 8305, section 5).
  static constexpr std::chrono::milliseconds kMinAttemptDelay{10};

  ConnectFrom from{};                            // the local address and device
  std::chrono::milliseconds address_timeout{0};  // for each address; 0: the system's timeout
  std::chrono::milliseconds timeout{0};          // for lookup and all addresses; 0: none
  std::chrono::milliseconds attempt_delay{250};  // the head start of each attempt
  ConnectOrder order = ConnectOrder::ipv6_first;
  ConnectionOptions connection{};  // for the connection that the connector makes
  // For connect_to(). The resolver, which must outlive the connector; null: the connector makes one
  // for itself when it needs one, which reads /etc/resolv.conf.
  Resolver* resolver = nullptr;
  // Makes the TransportFactory for a target tls://HOST:PORT, such as TlsClient::transport(). Empty:
  // connect_to() rejects such a target.
  std::function<TransportFactory(std::string_view host)> tls{};

  // For tests, and for programs with names or ways of their own. Both run in a turn of the loop,
  // after start() or connect_to() has returned. What they throw is reported. REQUIRES: they do not
  // start, cancel or destroy the connector.
  // Instead of the resolver: the addresses of a name. None: the name does not exist.
  std::function<std::vector<Address>(std::string_view host, std::uint16_t port)> look_up{};
  // Instead of socket() and connect(): a stream socket that is connected, such as one end of a
  // socketpair(). If it throws a std::system_error, the address fails with that errno; a `from` and
  // an address_timeout have no effect.
  std::function<Fd(const Address& to)> dial{};
};

// The error of one address.
struct ConnectFailure {
  Address address;
  std::error_code error;              // errno, of the generic category
  std::string_view call = "connect";  // or "socket", "setsockopt" (the device), "bind"
};

struct SLUICE_EXPORT ConnectError {
  std::string host{};         // of connect_to(), if it was looked up
  std::error_code look_up{};  // why that has failed, in resolver_category(); then nothing else has
  std::vector<ConnectFailure> failures;  // one for each address, in the order of the attempts
  bool timed_out = false;                // the deadline for lookup and all addresses has passed

  // All failures in one line, such as "[::1]:7: Connection refused; 10.0.0.1:7: bind: Cannot assign
  // requested address"; "example.org: not found" for a lookup; "no address" if the
  // list was empty.
  [[nodiscard]] std::string message() const;
};

class SLUICE_EXPORT Connector {
 public:
  using Connected = std::function<void(Fd socket)>;
  using Failed = std::function<void(const ConnectError& error)>;

  explicit Connector(Loop& loop, const ConnectorOptions& options = {});
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  ~Connector();

  // Cancels any attempts in progress, and begins in a later turn. Then exactly one of two things
  // happens, once: `factory` makes the handler for the winner, the connector opens the connection,
  // and on_open() runs; or `failed` runs.
  // With a transport, on_open() runs when the handshake is done, and on_close() reports a handshake
  // that fails. If the factory or the TransportFactory throws or returns null, the socket is
  // closed, and the address fails with ECANCELED.
  // If `addresses` is empty, `failed` runs with no failures. REQUIRES: the functions are not empty.
  void start(std::vector<Address> addresses, ProtocolFactory factory, Failed failed);
  // The same, but passes the winner's socket: non-blocking, close-on-exec, with TCP_NODELAY.
  void start_socket(std::vector<Address> addresses, Connected connected, Failed failed);

  // The same as start() for a target:
  //   tcp://HOST:PORT  tls://HOST:PORT (ConnectorOptions::tls)  unix://PATH
  // HOST is a name, an IPv4 address, or an IPv6 address in brackets. PORT is 1-65535 or the name of
  // a service in services(5). The addresses of a name are raced in the order of the resolver, as
  // ConnectorOptions::order says. With tls, on_open() runs when the handshake is done.
  void connect_to(std::string_view target, ProtocolFactory factory, Failed failed);
  // TCP to a host, without brackets, and its service.
  void connect_to(std::string_view host, std::string_view service, ProtocolFactory factory,
                  Failed failed);

  // Closes all attempts at once, and calls nothing.
  void cancel() noexcept;
  // True from start() until one of its functions is called or cancel().
  [[nodiscard]] bool running() const noexcept { return race_ != nullptr; }

 private:
  class SLUICE_LOCAL Race;

  SLUICE_LOCAL void begin(std::unique_ptr<Race> race);
  SLUICE_LOCAL void connect_to(const ConnectTarget& target, ProtocolFactory factory, Failed failed);
  [[nodiscard]] SLUICE_LOCAL Resolver& resolver();

  Loop& loop_;
  const ConnectorOptions options_;
  std::unique_ptr<Resolver> own_resolver_;  // for connect_to(), if it was given none
  std::unique_ptr<Race> race_;
  Race* finishing_ = nullptr;  // the race that is calling its functions; it owns itself
};

}  // namespace sluice

#endif
