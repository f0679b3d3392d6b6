#include "small_services.h"

#include <utility>

#include "../../protocols/small/chargen.h"
#include "../../protocols/small/daytime.h"
#include "../../protocols/small/discard.h"
#include "../../protocols/small/echo.h"
#include "../../protocols/small/greet.h"
#include "../../protocols/small/time_protocol.h"
#include "../../protocols/small/upper.h"
#include "../../protocols/udp/datagram_service.h"
#include "../common/usage_error.h"
#include "listen_spec.h"
#include "stream_service.h"

namespace sluice::tools::daemon {
namespace {

class DatagramRunning final : public RunningService {
 public:
  DatagramRunning(const ServiceHost& host, const ListenSpec& spec, DatagramAnswer answer,
                  AnswerSize size)
      : service_(host.loop, spec.endpoint, host.guard, std::move(answer), size, spec.datagram) {}
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return service_.endpoint(); }

 private:
  DatagramService service_;
};

constexpr auto kSmall = AnswerSize::at_most_request;
// Only for what an -l names for UDP itself: each of these multiplies what a forger sends.
constexpr auto kLarge = AnswerSize::any;

// `make_answer` makes a DatagramAnswer; an empty one says nothing.
template <class Handler, auto make_answer, AnswerSize size>
std::unique_ptr<RunningService> start(const ServiceHost& host, const ListenSpec& spec) {
  if (spec.endpoint.scheme() == Scheme::udp) {
    return std::make_unique<DatagramRunning>(host, spec, make_answer(), size);
  }
  return std::make_unique<StreamService<Handler>>(host, spec);
}

constexpr auto kEchoAnswer = [] { return DatagramAnswer(echo_answer); };
constexpr auto kNoAnswer = [] { return DatagramAnswer(); };
constexpr auto kUpperAnswer = [] { return DatagramAnswer(upper_answer); };
constexpr auto kChargenAnswer = [] { return chargen_answer(); };
constexpr auto kDaytimeAnswer = [] { return daytime_answer(); };
constexpr auto kTimeAnswer = [] { return time_protocol_answer(); };

constexpr ListenKey kGreetKeys[] = {
    {"text", "TEXT", "the text to send; required", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       auto& settings = spec.settings_as<GreetSettings>();
       settings.text = value;
       settings.given = true;
     }},
};

void check_greet(ListenSpec& spec) {
  if (!spec.settings_as<GreetSettings>().given) {
    throw UsageError("key text is missing; greet needs text=TEXT");
  }
}

std::unique_ptr<RunningService> start_greet(const ServiceHost& host, const ListenSpec& spec) {
  return std::make_unique<StreamService<Greet>>(host, spec, spec.settings_as<GreetSettings>().text);
}

// Without keys, and over everything.
constexpr Service small(std::string_view name, std::string_view summary,
                        decltype(Service::start) start) {
  return {.name = name,
          .summary = summary,
          .over_streams = true,
          .over_udp = true,
          .console = ConsoleUse::none,
          .keys = {},
          .settings = nullptr,
          .check = nullptr,
          .start = start};
}

}  // namespace

const Service kEchoService =
    small("echo", "sends back what it receives (RFC 862)", start<Echo, kEchoAnswer, kSmall>);
const Service kDiscardService =
    small("discard", "drops what it receives (RFC 863)", start<Discard, kNoAnswer, kSmall>);
const Service kChargenService =
    small("chargen", "sends lines of characters (RFC 864)", start<Chargen, kChargenAnswer, kLarge>);
const Service kDaytimeService = small("daytime", "sends the date and time as text (RFC 867)",
                                      start<Daytime, kDaytimeAnswer, kLarge>);
const Service kTimeService = small("time", "sends the time as four bytes (RFC 868)",
                                   start<TimeProtocol, kTimeAnswer, kLarge>);
const Service kUpperService = small("upper", "sends back what it receives, a to z as A to Z",
                                    start<Upper, kUpperAnswer, kSmall>);
const Service kGreetService = {
    .name = "greet",
    .summary = "sends a text and closes the connection",
    .over_streams = true,
    .over_udp = false,
    .console = ConsoleUse::none,
    .keys = kGreetKeys,
    .settings = []() -> std::unique_ptr<ServiceSettings> {
      return std::make_unique<GreetSettings>();
    },
    .check = check_greet,
    .start = start_greet,
};

}  // namespace sluice::tools::daemon
