#include "port_spec.h"

#include <algorithm>
#include <bitset>
#include <cstddef>

#include "../../../reactor/base/text/quote.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"
#include "common_ports.h"

namespace sluice::tools::scan {
namespace {

constexpr std::uint64_t kMaxPort = 65'535;
constexpr std::string_view kTop = "top:";

using Ports = std::bitset<kMaxPort + 1>;

[[noreturn]] void refuse(std::string_view item, const std::string& why) {
  throw UsageError("port " + quote(item) + ' ' + why);
}

std::uint64_t parse_port(std::string_view item, std::string_view digits) {
  const auto port = parse_digits(digits, 10);
  if (!port || *port < 1 || *port > kMaxPort) {
    // "0" is a number, and is only out of range.
    const bool is_number = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
    const std::string part = digits == item ? "" : "has the end " + quote(digits) + ", which ";
    refuse(item, part + (is_number ? "is not in 1-65535" : "is not a decimal number in 1-65535"));
  }
  return *port;
}

void add_range(std::string_view item, Ports& ports) {
  const std::size_t dash = item.find('-');
  const std::uint64_t first = parse_port(item, item.substr(0, dash));
  const std::uint64_t last = dash == item.npos ? first : parse_port(item, item.substr(dash + 1));
  if (last < first) refuse(item, "is a reversed range; the lower port comes first");
  for (std::uint64_t port = first; port <= last; ++port) ports.set(port);
}

void add_top(std::string_view item, Scheme scheme, Ports& ports) {
  const auto& common = common_ports(scheme);
  const auto count = parse_digits(item.substr(kTop.size()), 10);
  if (!count || *count < 1 || *count > common.size()) {
    refuse(item, "is not top:N with a decimal number N in 1-" + std::to_string(common.size()));
  }
  for (std::size_t i = 0; i < *count; ++i) ports.set(common[i]);
}

void add_item(std::string_view item, const ServiceNames& services, Scheme scheme, Ports& ports) {
  if (item.empty()) {
    refuse(item,
           "is empty; allowed: numbers, ranges such as 8000-8100, service names, top:N and "
           "- for all");
  }
  if (item == "-") {
    ports.set();
    ports.reset(0);
  } else if (item.starts_with(kTop)) {
    add_top(item, scheme, ports);
  } else if (item.find_first_not_of("0123456789-") == item.npos) {
    add_range(item, ports);
  } else if (const auto port = services.port(item, scheme)) {
    ports.set(*port);
  } else {
    refuse(item, std::string("is not a number or range in 1-65535, top:N, - or a ") +
                     (scheme == Scheme::udp ? "UDP" : "TCP") + " service that this host knows");
  }
}

}  // namespace

PortList parse_ports(std::string_view text, const ServiceNames& services, Scheme scheme) {
  Ports ports;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    add_item(text.substr(start, comma - start), services, scheme, ports);
    start = comma + 1;
  }
  PortList list;
  list.reserve(ports.count());
  for (std::uint64_t port = 1; port <= kMaxPort; ++port) {
    if (ports.test(port)) list.push_back(static_cast<std::uint16_t>(port));
  }
  return list;
}

std::string ports_to_string(const PortList& ports) {
  std::string text;
  for (std::size_t i = 0; i < ports.size();) {
    std::size_t last = i;
    while (last + 1 < ports.size() && ports[last + 1] == ports[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(ports[i]);
    if (last > i) text += '-' + std::to_string(ports[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace sluice::tools::scan
