// What a service is to the daemon: a name, what it runs over, its keys, and how it is started.
//
// What it is: the seam between sluiced and what it serves. A service of one more kind is one source
// with its Service, and one line in services.cc.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICE_H

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "../../protocols/udp/reply_guard.h"
#include "../../reactor/base/endpoint.h"
#include "../../reactor/loop/loop.h"

namespace sluice::tools::daemon {

struct ListenSpec;

// What the keys of a service set; each service that has keys derives its own.
struct ServiceSettings {
  ServiceSettings() = default;
  ServiceSettings(const ServiceSettings&) = delete;
  ServiceSettings& operator=(const ServiceSettings&) = delete;
  virtual ~ServiceSettings() = default;
};

// One key of an -l: NAME=VALUE.
struct ListenKey {
  std::string_view name;
  std::string_view value;    // what it takes, in a word: "COUNT"
  std::string_view summary;  // for --help
  bool (*applies)(Scheme scheme);
  // Throws UsageError that names the key, what was read and what is allowed.
  void (*apply)(ListenSpec& spec, std::string_view value);
};

// For ListenKey::applies.
inline bool over_all(Scheme /*scheme*/) { return true; }
inline bool over_streams(Scheme scheme) { return scheme != Scheme::udp; }
inline bool over_udp(Scheme scheme) { return scheme == Scheme::udp; }

// The daemon's terminal, as a service sees it.
class Console {
 public:
  // Writes whole lines; what the terminal does not take in time is dropped. Does not throw.
  virtual void print(std::string_view text) noexcept = 0;
  // Who sits there has said goodbye: no more lines.
  virtual void leave() noexcept = 0;

 protected:
  ~Console() = default;
};

// What a service does with a line that is typed at the terminal.
enum class ConsoleUse : std::uint8_t { none, talks, publishes };

// One -l that is being served. Lifetime: it goes before the loop, when no connection is left.
class RunningService {
 public:
  RunningService() = default;
  RunningService(const RunningService&) = delete;
  RunningService& operator=(const RunningService&) = delete;
  virtual ~RunningService() = default;

  // With the real port when 0 was asked for.
  [[nodiscard]] virtual const Endpoint& endpoint() const noexcept = 0;

  // --console: the daemon's terminal takes part; `console` lasts until close_console(). Called only
  // where Service::console says so.
  virtual void open_console(Console& /*console*/) {}
  virtual void console_line(std::string_view /*line*/) {}  // without its newline
  virtual void close_console() {}                          // the terminal's end
};

// What a service is started with.
struct ServiceHost {
  Loop& loop;
  ReplyGuard& guard;
  std::span<const ListenSpec> all;  // every -l, this one too
};

struct Service {
  std::string_view name;
  std::string_view summary;  // for --help
  bool over_streams;
  bool over_udp;
  ConsoleUse console = ConsoleUse::none;
  std::span<const ListenKey> keys;  // its own, beside the common ones
  // The settings before any key; null when there are none.
  std::unique_ptr<ServiceSettings> (*settings)();
  // After the last key: throws UsageError for what is missing or does not go together; may be null.
  void (*check)(ListenSpec& spec);
  // Binds. Throws std::system_error that names the endpoint.
  std::unique_ptr<RunningService> (*start)(const ServiceHost& host, const ListenSpec& spec);

  [[nodiscard]] bool runs_over(Scheme scheme) const noexcept {
    return scheme == Scheme::udp ? over_udp : over_streams;
  }
};

}  // namespace sluice::tools::daemon

#endif
