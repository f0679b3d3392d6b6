#include "common_ports.h"

#include <algorithm>

#include "common_ports_table.h"

namespace sluice::tools::scan {
namespace {

constexpr std::uint16_t kFirstUserPort = 1024;  // RFC 6335

std::vector<std::uint16_t> make_list() {
  std::vector<std::uint16_t> ports(kCuratedPorts.begin(), kCuratedPorts.end());
  for (std::uint16_t port = 1; port < kFirstUserPort; ++port) {
    if (std::find(kCuratedPorts.begin(), kCuratedPorts.end(), port) == kCuratedPorts.end()) {
      ports.push_back(port);
    }
  }
  return ports;
}

}  // namespace

const std::vector<std::uint16_t>& common_ports(Scheme scheme) {
  static const std::vector<std::uint16_t> tcp = make_list();
  static const std::vector<std::uint16_t> udp(kCuratedUdpPorts.begin(), kCuratedUdpPorts.end());
  return scheme == Scheme::udp ? udp : tcp;
}

}  // namespace sluice::tools::scan
