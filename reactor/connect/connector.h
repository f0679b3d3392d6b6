// A connection to the first of several addresses that answers.
//
// What it is: non-blocking connect() to one address, or a race of several: a new attempt begins
// when the last one has had its head start or has failed, the first to answer wins, and the others
// are closed. It makes a Connection of the winner, or hands over its socket. TCP and Unix sockets.
// Lifetime: must go before its loop; going cancels. Any function that it calls may start it anew,
// cancel it or destroy it. What it has connected is no more its own.
// Thread: the loop's.
// Errors: start() may throw std::bad_alloc. Everything else arrives in `failed`: each address with
// its errno, also for want of descriptors (EMFILE) or ports (EADDRNOTAVAIL). Some are the
// connector's own: ETIMEDOUT when a deadline ended an attempt, ECANCELED for an address that was
// not tried to the end, ECONNREFUSED when the kernel connected the socket to itself. What a
// function throws is reported by the loop.
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

enum class ConnectOrder : std::uint8_t {
  ipv6_first,  // IPv6 and IPv4 in turn, beginning with IPv6; each family as it is given
  as_given     // for who has an order of his own: a first choice and its stand-ins
};

struct ConnectorOptions {
  // Shorter head starts than this are made this long (RFC 8305, section 5).
  static constexpr std::chrono::milliseconds kMinAttemptDelay{10};

  ConnectFrom from{};                            // the local address and device
  std::chrono::milliseconds address_timeout{0};  // for each address; 0: the system's own
  std::chrono::milliseconds timeout{0};          // for all of them together; 0: none
  std::chrono::milliseconds attempt_delay{250};  // the head start of each attempt
  ConnectOrder order = ConnectOrder::ipv6_first;
  ConnectionOptions connection{};  // of the connection that is made
};

// What one address said.
struct ConnectFailure {
  Address address;
  std::error_code error;              // errno, of the generic category
  std::string_view call = "connect";  // or "socket", "setsockopt" (the device), "bind"
};

struct SLUICE_EXPORT ConnectError {
  std::vector<ConnectFailure> failures;  // each address, in the order of their turns
  bool timed_out = false;                // the deadline for all ended it

  // "[::1]:7: Connection refused; 10.0.0.1:7: bind: Cannot assign requested address"; without
  // failures, "no address".
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

  // Begins, in a turn to come; what was under way is cancelled. Then, once, either the winner is a
  // connection whose handler `factory` has made, and its on_open() has run, or `failed` runs.
  // With a transport, on_open() runs after its handshake, and on_close() reports one that fails.
  // A factory or a TransportFactory that throws or returns null closes the socket; the address
  // failed with ECANCELED.
  // Without an address, `failed` has none to tell of. REQUIRES: the functions are not empty.
  void start(std::vector<Address> addresses, ProtocolFactory factory, Failed failed);
  // The same, but for the winner's socket: non-blocking, close-on-exec, with TCP_NODELAY.
  void start_socket(std::vector<Address> addresses, Connected connected, Failed failed);

  // Closes what is under way at once, and calls nothing.
  void cancel() noexcept;
  // From start() until one of its functions is called.
  [[nodiscard]] bool running() const noexcept { return race_ != nullptr; }

 private:
  class SLUICE_LOCAL Race;

  SLUICE_LOCAL void begin(std::unique_ptr<Race> race);

  Loop& loop_;
  const ConnectorOptions options_;
  std::unique_ptr<Race> race_;
  Race* finishing_ = nullptr;  // it is calling its functions, and owns itself
};

}  // namespace sluice

#endif
