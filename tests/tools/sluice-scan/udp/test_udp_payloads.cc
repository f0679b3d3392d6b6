// The datagrams for UDP services: their form, as each specification has it.
#include <algorithm>
#include <set>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-scan/targets/common_ports.h"
#include "tools/sluice-scan/udp/udp_messages.h"
#include "tools/sluice-scan/udp/udp_payloads.h"

using namespace sluice::tools::scan;

namespace {

unsigned be16(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text.at(at)) << 8 | static_cast<unsigned char>(text.at(at + 1));
}

// Whether each element of a DER text ends where the next one or the whole begins.
bool is_der(std::string_view text) {
  while (!text.empty()) {
    if (text.size() < 2) return false;
    const bool constructed = (text[0] & 0x20) != 0;
    std::size_t length = static_cast<unsigned char>(text[1]);
    std::size_t header = 2;
    if (length >= 0x80) {
      const std::size_t octets = length & 0x7f;
      header += octets;
      if (octets < 1 || octets > 2 || text.size() < header) return false;
      length = octets == 1 ? static_cast<unsigned char>(text[2]) : be16(text, 2);
      if (length < 0x80) return false;
    }
    if (header + length > text.size()) return false;
    if (constructed && !is_der(text.substr(header, length))) return false;
    text.remove_prefix(header + length);
  }
  return true;
}

}  // namespace

Test(scan_udp_payloads, at_least_thirty_services_have_one) {
  std::set<std::string_view> services;
  for (const UdpPayload& payload : udp_payloads()) services.insert(payload.service);
  cr_expect(services.size() >= 30, "%zu", services.size());
}

Test(scan_udp_payloads, the_table_is_by_port_and_each_fits_a_datagram) {
  const auto& table = udp_payloads();
  cr_expect(std::is_sorted(table.begin(), table.end(),
                           [](const auto& a, const auto& b) { return a.port < b.port; }));
  for (const UdpPayload& payload : table) {
    cr_expect(!payload.bytes.empty() && payload.bytes.size() <= 1200, "%u", payload.port);
    const auto& common = common_ports(sluice::Scheme::udp);
    cr_expect(std::find(common.begin(), common.end(), payload.port) != common.end(),
              "port %u is not scanned unless it is named", payload.port);
  }
}

Test(scan_udp_payloads, several_of_a_port_take_turns_and_others_get_a_line_end) {
  cr_expect(udp_payload(161, 0) != udp_payload(161, 1));
  cr_expect(udp_payload(161, 0) == udp_payload(161, 2));
  cr_expect(udp_payload(123, 0) == udp_payload(123, 1));
  cr_expect(udp_payload(9, 0) == "\r\n" && udp_payload(65'535, 3) == "\r\n");
  cr_expect(has_udp_payload(161) && !has_udp_payload(9));
}

Test(scan_udp_payloads, those_in_der_are_well_formed) {
  for (const std::string& text :
       {snmp1_get(), snmp3_discovery(), cldap_root(), kerberos_request()}) {
    cr_expect(is_der(text));
  }
  cr_expect(!is_der(snmp1_get().substr(0, 30)), "the test sees a fault");
}

Test(scan_udp_payloads, each_length_inside_is_right) {
  const std::string ike = ike_main_mode();
  cr_expect(be16(ike, 24) == 0 && be16(ike, 26) == ike.size());
  cr_expect(be16(ike, 30) == ike.size() - 28, "the association");
  const std::string l2tp = l2tp_request();
  cr_expect(be16(l2tp, 2) == l2tp.size());
  const std::string hello = dtls_hello();
  cr_expect(be16(hello, 11) == hello.size() - 13, "the record");
  cr_expect(be16(hello, 15) == hello.size() - 25, "the message");
  cr_expect(be16(hello, 23) == hello.size() - 25, "the fragment");
  cr_expect(quic_initial().size() == 1200, "RFC 9000, 14.1");
  cr_expect(be16(udp_payload(427, 0), 3) == udp_payload(427, 0).size(), "SLP");
  cr_expect(be16(udp_payload(47808, 0), 2) == udp_payload(47808, 0).size(), "BACnet");
  cr_expect(be16(udp_payload(2123, 0), 2) == udp_payload(2123, 0).size() - 4, "GTP-C");
  cr_expect(be16(udp_payload(2152, 0), 2) == udp_payload(2152, 0).size() - 8, "GTP-U");
}

Test(scan_udp_payloads, those_of_a_fixed_size_have_it) {
  cr_expect(udp_payload(123, 0).size() == 48, "NTP");
  cr_expect(udp_payload(3478, 0).size() == 20, "STUN");
  cr_expect(udp_payload(520, 0).size() == 24, "RIP");
  cr_expect(udp_payload(111, 0).size() == 40, "RPC");
  cr_expect(udp_payload(1194, 0).size() == 14, "OpenVPN");
  cr_expect(udp_payload(137, 0).size() == 50, "NetBIOS");
  cr_expect(udp_payload(623, 0).size() == 12, "RMCP");
  cr_expect(udp_payload(19132, 0).size() == 33, "RakNet");
}

Test(scan_udp_payloads, a_dns_question_has_its_name_in_labels) {
  cr_expect(dns_query("a.bc", 16, 3) ==
            std::string("sl\0\0\0\1\0\0\0\0\0\0\1a\2bc\0\0\x10\0\3", 22));
  cr_expect(dns_query("", 2, 1).size() == 17, "the root");
}
