// A service that is running: one ListenSpec, served until it is drained.
//
// Lifetime: it must be destroyed before the loop, and after its last connection has closed: when a
// drain of it, or of the loop, is over.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../../reactor/base/endpoint.h"
#include "../../../reactor/datagram/datagram_types.h"
#include "../../../reactor/loop/loop.h"
#include "../../../reactor/stream/listener.h"
#include "../settings/settings.h"

namespace sluice::tools::daemon {

class UnixListener;

// The daemon's terminal, as a service sees it.
class Console {
 public:
  // Writes whole lines; what the terminal does not accept in time is dropped. Does not throw.
  virtual void print(std::string_view text) noexcept = 0;
  // The person at the terminal has said goodbye: no more lines.
  virtual void leave() noexcept = 0;

 protected:
  ~Console() = default;
};

// What the endpoints of one service share, if its kind has it: the house of a chat.
//
// Lifetime: it is destroyed after the services that use it.
class ServiceCore {
 public:
  ServiceCore() = default;
  ServiceCore(const ServiceCore&) = delete;
  ServiceCore& operator=(const ServiceCore&) = delete;
  virtual ~ServiceCore() = default;

  // Opens what other settings need, for apply(). Throws std::system_error that names the file; then
  // nothing has changed.
  virtual void prepare(const Settings& /*settings*/) {}
  // The service goes on with other settings, which prepare() had. Throws std::bad_alloc, and then
  // nothing has changed.
  virtual void apply(const Settings& settings) = 0;
  // Closes what prepare() has opened: apply() does not follow.
  virtual void discard() noexcept {}
  // Its logs may have been renamed. Returns how many were opened again; the log of the daemon says
  // which of them could not be, and go on as they were.
  virtual std::size_t reopen_logs() noexcept { return 0; }
};

// Since the service was started. Over UDP only the bytes count.
struct ServiceCounters {
  std::size_t open = 0;  // connections now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  [[nodiscard]] ServiceCounters with(const ServiceCounters& other) const noexcept {
    ServiceCounters sum = *this;
    sum.accepted += other.accepted;
    sum.refused += other.refused;
    sum.bytes_in += other.bytes_in;
    sum.bytes_out += other.bytes_out;
    return sum;
  }
  static ServiceCounters of(const Listener& listener) noexcept {
    const ListenerCounters& counters = listener.counters();
    return {listener.connections(), counters.accepted, counters.refused, counters.bytes_in,
            counters.bytes_out};
  }
  static ServiceCounters of(const DatagramCounters& counters) noexcept {
    return {0, 0, 0, counters.bytes_in, counters.bytes_out};
  }
};

class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  // With the real port if 0 was asked for.
  [[nodiscard]] virtual const Endpoint& endpoint() const noexcept = 0;

  // Serves no new peer, lets the connections finish, and aborts those that are left after
  // `deadline`; then runs `done`, once, which may destroy the service. Other services go on.
  // REQUIRES: not called before.
  virtual void drain(std::chrono::milliseconds deadline, Task done) = 0;

  // Another service has the socket from now on. Over streams: stops listening, and the connections
  // go on. Over UDP: gives up what it has set on the socket; a drain follows.
  virtual void retire() noexcept {}
  // Reads again what its settings name in files, such as certificates. Returns what makes the
  // change, which does not throw and must run before the service is destroyed; empty if there is
  // none. Throws std::system_error that names the file; then nothing has changed.
  [[nodiscard]] virtual Task renew() { return {}; }
  // For the log: "serial 4A0B, until 2027-01-31". Empty without TLS.
  [[nodiscard]] virtual std::string certificate() const { return {}; }
  [[nodiscard]] virtual ServiceCounters counters() const noexcept = 0;
  // The one that accepts the connections that count; null over UDP.
  [[nodiscard]] virtual const Listener* listener() const noexcept { return nullptr; }

  // A second socket that it listens on, which another process can take over together with the
  // endpoint. Null if it has none, and once it drains.
  [[nodiscard]] virtual UnixListener* control() noexcept { return nullptr; }

  // --console: the daemon's terminal takes part; `console` lasts until close_console(). Called only
  // if ServiceKind::console says so.
  virtual void open_console(Console& /*console*/) {}
  virtual void console_line(std::string_view /*line*/) {}  // without its newline
  virtual void close_console() {}                          // the terminal's end
};

}  // namespace sluice::tools::daemon

#endif
