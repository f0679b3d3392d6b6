#include "small_services.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "../../../protocols/small/chargen.h"
#include "../../../protocols/small/daytime.h"
#include "../../../protocols/small/discard.h"
#include "../../../protocols/small/echo.h"
#include "../../../protocols/small/greet.h"
#include "../../../protocols/small/time_protocol.h"
#include "../../../protocols/small/upper.h"
#include "../../../protocols/udp/datagram_service.h"
#include "../endpoints/endpoint_socket.h"
#include "../endpoints/socket_keys.h"
#include "stream_service.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

class SmallDatagramService final : public Service {
 public:
  SmallDatagramService(const ServiceHost& host, const ListenSpec& spec, DatagramAnswer answer,
                       AnswerSize size)
      : guard_(host.loop, host.guard, host.bans, spec),
        service_(host.loop, duplicate_of(host.socket), guard_.get(), std::move(answer), size,
                 derive_datagram(spec.settings), derive_answers(spec.settings)) {}

  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return service_.endpoint(); }
  void drain(std::chrono::milliseconds deadline, Task done) override {
    service_.drain(deadline, std::move(done));
  }
  [[nodiscard]] ServiceCounters counters() const noexcept override {
    return ServiceCounters::of(service_.traffic());
  }

 private:
  GuardOf guard_;
  DatagramService service_;
};

constexpr auto kSmall = AnswerSize::at_most_request;
// Only for what an -l names for UDP itself: each of these multiplies what a forger sends.
constexpr auto kLarge = AnswerSize::any;

// `make_answer` makes a DatagramAnswer; an empty one says nothing.
template <class Handler, auto make_answer, AnswerSize size>
std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  if (spec.scheme() == Scheme::udp) {
    return std::make_unique<SmallDatagramService>(host, spec, make_answer(), size);
  }
  return std::make_unique<StreamService<Handler>>(host, spec);
}

class EchoOverWebSocket final : public WebSocketService {
 public:
  EchoOverWebSocket(const ServiceHost& host, const ListenSpec& spec)
      : WebSocketService(host, spec, derive_websocket(spec.settings)) {
    serve(host, spec, websocket(server(), [](auto& socket, WebSocketKind kind, auto message) {
            socket.send_message(kind, message);
          }));
  }
};

constexpr auto kEchoAnswer = [] { return DatagramAnswer(echo_answer); };
std::unique_ptr<Service> start_echo(const ServiceHost& host, const ListenSpec& spec) {
  if (spec.speaks_websocket()) return std::make_unique<EchoOverWebSocket>(host, spec);
  return start<Echo, kEchoAnswer, kSmall>(host, spec);
}

constexpr auto kNoAnswer = [] { return DatagramAnswer(); };
constexpr auto kUpperAnswer = [] { return DatagramAnswer(upper_answer); };
constexpr auto kChargenAnswer = [] { return chargen_answer(); };
constexpr auto kTimeAnswer = [] { return time_protocol_answer(); };

constexpr std::string_view kCtime = "ctime";
constexpr std::array<std::string_view, 2> kFormats = {"rfc", kCtime};
constexpr ChoiceKey kFormat(
    {.name = "format", .form = "rfc|ctime", .summary = "how the date is written"}, kFormats);
constexpr const Key* kDaytimeKeys[] = {&kFormat};

std::unique_ptr<Service> start_daytime(const ServiceHost& host, const ListenSpec& spec) {
  const DaytimeFormat format =
      spec.settings.get(kFormat) == kCtime ? DaytimeFormat::ctime : DaytimeFormat::rfc;
  const WallClock clock = std::chrono::system_clock::now;
  if (spec.scheme() == Scheme::udp) {
    return std::make_unique<SmallDatagramService>(host, spec, daytime_answer(clock, format),
                                                  kLarge);
  }
  return std::make_unique<StreamService<Daytime>>(host, spec, clock, format);
}

constexpr const Key* kGreetKeys[] = {&kGreetText};

std::unique_ptr<Service> start_greet(const ServiceHost& host, const ListenSpec& spec) {
  return std::make_unique<StreamService<Greet>>(host, spec, spec.settings.get(kGreetText));
}

// Without keys of its own, and over everything.
constexpr ServiceKind small(std::string_view name, std::string_view summary,
                            decltype(ServiceKind::start) start) {
  return {.name = name, .summary = summary, .on_all_loops = true, .start = start};
}

}  // namespace

const ServiceKind kEchoKind = {
    .name = "echo",
    .summary = "sends back what it receives (RFC 862)",
    .on_all_loops = true,
    .websocket_keys = kWebSocketKeys,
    .start = start_echo,
};
const ServiceKind kDiscardKind =
    small("discard", "drops what it receives (RFC 863)", start<Discard, kNoAnswer, kSmall>);
const ServiceKind kChargenKind =
    small("chargen", "sends lines of characters (RFC 864)", start<Chargen, kChargenAnswer, kLarge>);
const ServiceKind kDaytimeKind = {
    .name = "daytime",
    .summary = "sends the date and time as text (RFC 867)",
    .on_all_loops = true,
    .keys = kDaytimeKeys,
    .start = start_daytime,
};
const ServiceKind kTimeKind = small("time", "sends the time as four bytes (RFC 868)",
                                    start<TimeProtocol, kTimeAnswer, kLarge>);
const ServiceKind kUpperKind = small("upper", "sends back what it receives, a to z as A to Z",
                                     start<Upper, kUpperAnswer, kSmall>);
const ServiceKind kGreetKind = {
    .name = "greet",
    .summary = "sends a text and closes the connection",
    .over_udp = false,
    .on_all_loops = true,
    .keys = kGreetKeys,
    .start = start_greet,
};

}  // namespace sluice::tools::daemon
