// What is sent to a UDP port so that the service that usually is there answers.
//
// What it is: a table from ports to datagrams, each written from the service's own specification,
// which stands beside it. None changes anything at the receiver. To add one, write its bytes in
// udp_messages.cc and its row in udp_payloads.cc; the page lists the services.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_PAYLOADS_H
#define SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_PAYLOADS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools::scan {

struct UdpPayload {
  std::uint16_t port;
  std::string_view service;
  std::string bytes;
};

// By port. A port may have several, which take turns.
const std::vector<UdpPayload>& udp_payloads();

// The datagram of attempt 0, 1, … to a port: its payload, or a line end if it has none.
std::string_view udp_payload(std::uint16_t port, unsigned attempt);
[[nodiscard]] bool has_udp_payload(std::uint16_t port);

}  // namespace sluice::tools::scan

#endif
