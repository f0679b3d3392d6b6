#include "broadcast_service.h"

#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "../../../protocols/broadcast/broadcast_control.h"
#include "../../../protocols/bus/broadcast_bridge.h"
#include "../../../reactor/base/text/quote.h"
#include "../../../reactor/stream/listener.h"
#include "../../common/usage_error.h"
#include "../endpoints/admission.h"
#include "../endpoints/endpoint_socket.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/unix_listener.h"
#include "../settings/address_key.h"
#include "../settings/key_types.h"
#include "chat_keys.h"
#include "service_set.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxInterface = IFNAMSIZ - 1;

// The interface may appear later.
void check_interface(std::string_view name, std::string_view text) {
  if (!text.empty() && text.size() <= kMaxInterface && text.find('/') == text.npos) return;
  throw UsageError(std::string(name) + ' ' + quote(text) +
                   " is not an interface name; allowed: 1-" + std::to_string(kMaxInterface) +
                   " bytes without /");
}

std::optional<Address> read_group(std::string_view text) {
  const auto group = Address::from_ip(text, 0);
  if (!group || group->unmapped().family() != AF_INET6 || !group->is_multicast() ||
      group->scope_id() != 0) {
    return {};
  }
  return group;
}

std::string describe_group() { return "an IPv6 multicast address without a zone, such as ff02::1"; }

std::optional<Address> read_path(std::string_view text) { return Address::from_path(text); }

std::string describe_path() {
  return "a path of 1-" + std::to_string(Address::kMaxPath) + " bytes that does not start with @";
}

constexpr TextKey kMessage({.name = "message",
                            .form = "TEXT",
                            .summary = "answer and announcement",
                            .applies = over_udp,
                            .without = "host name and services"},
                           {1, BroadcastOptions::kMaxMessage});
constexpr DurationKey kAnnounce({.name = "announce",
                                 .form = "DURATION",
                                 .summary = "interval of announcements, give or take 10%",
                                 .applies = over_udp},
                                kMinAnnounce);
constexpr TextKey kInterface({.name = "interface",
                              .form = "NAME",
                              .summary = "the only interface to send on",
                              .applies = over_udp,
                              .without = "all"},
                             TextKey::kAny, {}, check_interface);
constexpr AddressKey kGroup({.name = "group",
                             .form = "ADDRESS",
                             .summary = "IPv6: the multicast group",
                             .applies = over_udp,
                             .without = "ff02::1"},
                            read_group, describe_group);
constexpr TextKey kHouse({.name = "house",
                          .form = "NAME",
                          .summary = "services of one house send each other's texts",
                          .applies = over_udp,
                          .without = "none"},
                         TextKey::kAny, {}, chat_keys::check_house);
constexpr AddressKey kControl({.name = "control",
                               .form = "PATH",
                               .summary = "Unix socket; lines sent to it are broadcast",
                               .applies = over_udp},
                              read_path, describe_path);
constexpr DurationKey kMessageTimeout = message_timeout_key(
    "control: limit on the time of a whole line", over_udp, std::chrono::minutes(1));
constexpr DurationKey kFirstMessageTimeout =
    first_message_timeout_key("control: limit on the time to the first", over_udp);

constexpr const Key* kKeys[] = {&kMessage, &kAnnounce, &kInterface,      &kGroup,
                                &kHouse,   &kControl,  &kMessageTimeout, &kFirstMessageTimeout};

std::string host_name() {
  std::array<char, 256> name{};  // POSIX's HOST_NAME_MAX and its end
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::string outcome(const Broadcast::PublishResult& published) {
  if (!published.error.empty()) return "not sent: " + published.error + '\n';
  return "sent to " + std::to_string(published.targets) +
         (published.targets == 1 ? " target\n" : " targets\n");
}

ListenerOptions control_options(const BroadcastPlan& plan) {
  ListenerOptions options = BroadcastControl::listener_options();
  options.connection.message_timeout = plan.message_timeout;
  options.connection.first_message_timeout = plan.first_message_timeout;
  return options;
}

// What the services of a house share.
class BroadcastCore final : public ServiceCore {
 public:
  // `bus` may be null.
  explicit BroadcastCore(std::unique_ptr<Bus> bus) : bus_(std::move(bus)), bridge_(bus_.get()) {}
  [[nodiscard]] BroadcastBridge& bridge() noexcept { return bridge_; }
  void apply(const Settings& /*settings*/) override {}

 private:
  std::unique_ptr<Bus> bus_;
  BroadcastBridge bridge_;
};

class BroadcastService final : public Service {
 public:
  BroadcastService(const ServiceHost& host, const ListenSpec& spec, const BroadcastPlan& plan)
      : loop_(host.loop),
        guard_(host.loop, host.guard, host.bans, spec),
        broadcast_(host.loop, duplicate_of(host.socket), guard_.get(), plan.options),
        bridge_(static_cast<BroadcastCore&>(*host.core).bridge()) {
    if (plan.control) {
      control_.emplace(host.loop, *plan.control, BroadcastControl::factory(broadcast_),
                       control_options(plan), host.set.take_inherited(*plan.control));
    }
    bridge_.add(broadcast_);
  }
  ~BroadcastService() override { bridge_.remove(broadcast_); }

  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return broadcast_.endpoint(); }

  // The socket last: a line that has reached the control socket is still broadcast.
  void drain(std::chrono::milliseconds deadline, Task done) override {
    if (!control_) return broadcast_.drain(deadline, std::move(done));
    const TimePoint due = loop_.now() + deadline;
    due_ = drained_ ? std::min(due_, due) : due;
    drained_ = std::move(done);
    control_->drain(deadline, [this] { drain_socket(); });
  }

  void retire() noexcept override { broadcast_.leave_groups(); }
  [[nodiscard]] UnixListener* control() noexcept override {
    return control_ && !drained_ ? &*control_ : nullptr;
  }

  [[nodiscard]] ServiceCounters counters() const noexcept override {
    return ServiceCounters::of(broadcast_.traffic());
  }

  void open_console(Console& console) override { console_ = &console; }
  void console_line(std::string_view line) override {
    console_->print(outcome(broadcast_.publish(line)));
  }
  void close_console() override { console_ = nullptr; }

 private:
  // Without memory for a second drain the delayed answers are lost: a daemon that nobody can end
  // would be worse.
  void drain_socket() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - loop_.now());
    try {
      broadcast_.drain(std::max(left, std::chrono::milliseconds(0)), [this] { finish(); });
    } catch (const std::bad_alloc&) {
      finish();
    }
  }

  void finish() {
    const Task done = std::move(drained_);
    if (done) done();  // may destroy this service
  }

  Loop& loop_;
  GuardOf guard_;
  Broadcast broadcast_;
  BroadcastBridge& bridge_;
  std::optional<UnixListener> control_;
  Console* console_ = nullptr;
  Task drained_;
  TimePoint due_{};
};

// Empty: it shares nothing with other services.
std::string house_name(const ListenSpec& spec) {
  const auto house = spec.settings.find(kHouse);
  return house ? "broadcast:" + chat_name_key(*house) : std::string();
}

std::unique_ptr<ServiceCore> make_core(const CoreHost& host, const ListenSpec& spec) {
  const std::string name = house_name(spec);
  std::unique_ptr<Bus> bus;
  if (!name.empty() && host.make_bus) bus = host.make_bus(host.loop, {.name = name, .history = 1});
  return std::make_unique<BroadcastCore>(std::move(bus));
}

void validate(const ListenSpec& spec, SettingErrors& errors) {
  for (const DurationKey* key : {&kMessageTimeout, &kFirstMessageTimeout}) {
    // sluiced -v writes every key, those with their default included.
    const bool is_default = Value(spec.settings.get(*key)) == *key->fallback();
    if (is_default || spec.settings.has(kControl)) continue;
    errors.push_back({std::string(key->name()),
                      std::string(key->name()) + " is for the control socket; give control=PATH"});
  }
  if (!spec.settings.has(kGroup) || !spec.target.endpoint) return;
  if (spec.endpoint().address().unmapped().family() != AF_INET) return;
  errors.push_back({std::string(kGroup.name()),
                    "group is not valid for " + spec.endpoint().to_string() +
                        ", which is IPv4 only; allowed: udp://*:PORT and udp://[::]:PORT"});
}

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  BroadcastPlan plan = derive_broadcast(spec.settings);
  if (plan.options.message.empty()) {
    plan.options.message = broadcast_message(host_name(), host.all);
  }
  return std::make_unique<BroadcastService>(host, spec, plan);
}

}  // namespace

BroadcastPlan derive_broadcast(const Settings& settings) {
  BroadcastPlan plan;
  BroadcastOptions& options = plan.options;
  options.message = settings.find(kMessage).value_or("");
  options.announce = settings.get(kAnnounce);
  options.interface = settings.find(kInterface).value_or("");
  options.group = settings.find(kGroup).value_or(Address());
  const AnswerBudget budget = derive_answers(
      settings, {.total = options.answers_per_second, .per_source = options.answers_per_source});
  options.answers_per_second = budget.total;
  options.answers_per_source = budget.per_source;
  options.source_prefix = budget.source_prefix;
  options.reuse_port = settings.get(kReusePortKey);
  plan.message_timeout = settings.get(kMessageTimeout);
  plan.first_message_timeout = settings.get(kFirstMessageTimeout);
  if (const auto path = settings.find(kControl))
    plan.control = Endpoint(Scheme::unix_stream, *path);
  return plan;
}

std::string broadcast_message(std::string_view host, std::span<const ListenSpec> all) {
  std::string message(host.substr(0, BroadcastOptions::kMaxMessage));
  std::string_view before = ": ";
  for (const ListenSpec& spec : all) {
    const Scheme scheme = spec.scheme();
    const std::uint16_t port = spec.target.port();
    // No other host reaches a Unix socket, port 0 says nothing, and a peer that reads this has
    // found the broadcast service.
    if (scheme == Scheme::unix_stream || port == 0) continue;
    if (spec.kind == kBroadcastKind.name) continue;
    std::string part(before);
    part.append(spec.kind).append(" ").append(to_string(scheme));
    part.append("/").append(std::to_string(port));
    if (message.size() + part.size() > BroadcastOptions::kMaxMessage) break;
    message += part;
    before = ", ";
  }
  return message;
}

const ServiceKind kBroadcastKind = {
    .name = "broadcast",
    .summary = "answers discovery, announces, broadcasts",
    .over_streams = false,
    .console = ConsoleUse::publishes,
    .keys = kKeys,
    .validate = validate,
    .make_core = make_core,
    .core_name = house_name,
    .start = start,
};

}  // namespace sluice::tools::daemon
