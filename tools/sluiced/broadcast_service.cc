#include "broadcast_service.h"

#include <net/if.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "../../protocols/broadcast/broadcast_control.h"
#include "../../reactor/base/quote.h"
#include "../../reactor/stream/listener.h"
#include "../common/duration.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "listen_spec.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxInterface = IFNAMSIZ - 1;

std::string host_name() {
  std::array<char, 256> name{};  // POSIX's HOST_NAME_MAX and its end
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

BroadcastOptions options_of(const ServiceHost& host, const ListenSpec& spec) {
  BroadcastOptions options = spec.settings_as<BroadcastSettings>().options;
  if (options.message.empty()) options.message = broadcast_message(host_name(), host.all);
  options.reuse_port = spec.datagram.reuse_port;
  return options;
}

std::string outcome(const Broadcast::PublishResult& published) {
  if (!published.error.empty()) return "not sent: " + published.error + '\n';
  return "sent to " + std::to_string(published.targets) +
         (published.targets == 1 ? " target\n" : " targets\n");
}

class BroadcastRunning final : public RunningService {
 public:
  BroadcastRunning(const ServiceHost& host, const ListenSpec& spec)
      : broadcast_(host.loop, spec.endpoint, host.guard, options_of(host, spec)) {
    const auto& control = spec.settings_as<BroadcastSettings>().control;
    if (!control) return;
    control_ =
        std::make_unique<Listener>(host.loop, *control, BroadcastControl::factory(broadcast_),
                                   BroadcastControl::listener_options());
  }
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return broadcast_.endpoint(); }

  void open_console(Console& console) override { console_ = &console; }
  void console_line(std::string_view line) override {
    console_->print(outcome(broadcast_.publish(line)));
  }
  void close_console() override { console_ = nullptr; }

 private:
  Broadcast broadcast_;
  std::unique_ptr<Listener> control_;
  Console* console_ = nullptr;
};

BroadcastOptions& options_in(const ListenSpec& spec) {
  return spec.settings_as<BroadcastSettings>().options;
}

void apply_message(ListenSpec& spec, std::string_view value) {
  if (value.empty() || value.size() > BroadcastOptions::kMaxMessage) {
    throw UsageError("message has " + std::to_string(value.size()) + " bytes; allowed: 1-" +
                     std::to_string(BroadcastOptions::kMaxMessage));
  }
  options_in(spec).message = value;
}

void apply_announce(ListenSpec& spec, std::string_view value) {
  const auto every = parse_timeout("announce", value);
  if (every.count() != 0 && every < BroadcastSettings::kMinAnnounce) {
    throw UsageError("announce " + quote(value) +
                     " is too short; allowed: 100ms-365d, or 0 or off");
  }
  options_in(spec).announce = every;
}

// It need not be there yet.
void apply_interface(ListenSpec& spec, std::string_view value) {
  if (value.empty() || value.size() > kMaxInterface || value.find('/') != value.npos) {
    throw UsageError("interface " + quote(value) + " is not an interface name; allowed: 1-" +
                     std::to_string(kMaxInterface) + " bytes without /");
  }
  options_in(spec).interface = value;
}

void apply_group(ListenSpec& spec, std::string_view value) {
  const auto group = Address::from_ip(value, 0);
  if (!group || group->unmapped().family() != AF_INET6 || !group->is_multicast() ||
      group->scope_id() != 0) {
    throw UsageError("group " + quote(value) +
                     " is not an IPv6 multicast address without a zone, such as ff02::1");
  }
  options_in(spec).group = *group;
}

void apply_control(ListenSpec& spec, std::string_view value) {
  const auto path = Address::from_path(value);
  if (!path) {
    throw UsageError("control " + quote(value) + " is not a path of 1-" +
                     std::to_string(Address::kMaxPath) + " bytes that does not start with @");
  }
  spec.settings_as<BroadcastSettings>().control = Endpoint(Scheme::unix_stream, *path);
}

std::uint32_t count_of(std::string_view what, std::string_view value) {
  static_assert(kMaxCount <= UINT32_MAX);
  return static_cast<std::uint32_t>(parse_count(what, value));
}

constexpr ListenKey kBroadcastKeys[] = {
    {"message", "TEXT", "answer and announcement (host name and services)", over_udp,
     apply_message},
    {"announce", "DURATION", "interval of announcements, give or take 10% (off)", over_udp,
     apply_announce},
    {"interface", "NAME", "the only interface to send on (all)", over_udp, apply_interface},
    {"group", "ADDRESS", "IPv6: the multicast group (ff02::1)", over_udp, apply_group},
    {"control", "PATH", "Unix socket; lines sent to it are broadcast", over_udp, apply_control},
    {"answers", "COUNT", "limit on answers per second (50)", over_udp,
     [](ListenSpec& spec, std::string_view value) {
       options_in(spec).answers_per_second = count_of("answers", value);
     }},
    {"answers-per-source", "COUNT", "limit on answers per second to one address (2)", over_udp,
     [](ListenSpec& spec, std::string_view value) {
       options_in(spec).answers_per_source = count_of("answers-per-source", value);
     }},
};

void check_broadcast(ListenSpec& spec) {
  const bool given = !options_in(spec).group.is_unspecified();
  if (given && spec.endpoint.address().unmapped().family() == AF_INET) {
    throw UsageError("group is not valid for " + spec.endpoint.to_string() +
                     ", which is IPv4 only; allowed: udp://*:PORT and udp://[::]:PORT");
  }
}

}  // namespace

std::string broadcast_message(std::string_view host, std::span<const ListenSpec> all) {
  std::string message(host.substr(0, BroadcastOptions::kMaxMessage));
  std::string_view before = ": ";
  for (const ListenSpec& spec : all) {
    const Scheme scheme = spec.endpoint.scheme();
    const std::uint16_t port = spec.endpoint.address().port();
    // A Unix socket is no other host's, port 0 says nothing, and who hears this has found us.
    if (scheme == Scheme::unix_stream || port == 0) continue;
    if (spec.service == &kBroadcastService) continue;
    std::string part(before);
    part.append(spec.service->name).append(" ").append(to_string(scheme));
    part.append("/").append(std::to_string(port));
    if (message.size() + part.size() > BroadcastOptions::kMaxMessage) break;
    message += part;
    before = ", ";
  }
  return message;
}

const Service kBroadcastService = {
    .name = "broadcast",
    .summary = "answers discovery, announces, broadcasts",
    .over_streams = false,
    .over_udp = true,
    .console = ConsoleUse::publishes,
    .keys = kBroadcastKeys,
    .settings = []() -> std::unique_ptr<ServiceSettings> {
      return std::make_unique<BroadcastSettings>();
    },
    .check = check_broadcast,
    .start = [](const ServiceHost& host,
                const ListenSpec& spec) -> std::unique_ptr<RunningService> {
      return std::make_unique<BroadcastRunning>(host, spec);
    },
};

}  // namespace sluice::tools::daemon
