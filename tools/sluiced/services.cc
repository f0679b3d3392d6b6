#include "services.h"

#include <algorithm>
#include <array>

#include "../../protocols/chargen.h"
#include "../../protocols/daytime.h"
#include "../../protocols/discard.h"
#include "../../protocols/echo.h"
#include "../../protocols/greet.h"
#include "../../protocols/time_protocol.h"
#include "../../protocols/upper.h"

namespace sluice {
namespace {

template <class Kind>
std::unique_ptr<Protocol> make(const std::string& /*text*/) {
  return std::make_unique<Kind>();
}

std::unique_ptr<Protocol> make_greet(const std::string& text) {
  return std::make_unique<Greet>(text);
}

constexpr auto kSmall = AnswerSize::at_most_request;
// Only for what an -l names for UDP itself: each of these multiplies what a forger sends.
constexpr auto kLarge = AnswerSize::any;

const std::array kServices = {
    Service{"echo", "sends back what arrives (RFC 862)", false, true, make<Echo>,
            [] { return DatagramAnswer(echo_answer); }, kSmall},
    Service{"discard", "takes what arrives and says nothing (RFC 863)", false, true, make<Discard>,
            [] { return DatagramAnswer(); }, kSmall},
    Service{"chargen", "sends lines of characters (RFC 864)", false, true, make<Chargen>,
            [] { return chargen_answer(); }, kLarge},
    Service{"daytime", "sends the date and time as text and closes (RFC 867)", false, true,
            make<Daytime>, [] { return daytime_answer(); }, kLarge},
    Service{"time", "sends the time as four bytes and closes (RFC 868)", false, true,
            make<TimeProtocol>, [] { return time_protocol_answer(); }, kLarge},
    Service{"upper", "sends back what arrives with a-z as A-Z", false, true, make<Upper>,
            [] { return DatagramAnswer(upper_answer); }, kSmall},
    Service{"greet", "sends a text and closes", true, false, make_greet, nullptr, kSmall},
};

}  // namespace

std::span<const Service> all_services() noexcept { return kServices; }

const Service* find_service(std::string_view name) noexcept {
  const auto found = std::find_if(kServices.begin(), kServices.end(),
                                  [name](const Service& service) { return service.name == name; });
  return found == kServices.end() ? nullptr : &*found;
}

}  // namespace sluice
