#include "udp_payloads.h"

#include <algorithm>

#include "udp_messages.h"

namespace sluice::tools::scan {
namespace {

// Most services of text answer a line, and those that count bytes answer anything.
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::uint16_t kText = 16, kPointer = 12, kNameServer = 2;  // RFC 1035
constexpr std::uint16_t kInternet = 1, kChaos = 3;

std::vector<UdpPayload> make_table() {
  std::vector<UdpPayload> table = {
      {7, "echo", "sluice\r\n"},  // RFC 862
      {13, "daytime", "\r\n"},    // RFC 867
      {17, "qotd", "\r\n"},       // RFC 865
      {19, "chargen", "\r\n"},    // RFC 864
      {37, "time", "\r\n"},       // RFC 868
      {53, "dns", dns_query("version.bind", kText, kChaos)},
      {53, "dns", dns_query("", kNameServer, kInternet)},
      {69, "tftp", std::string("\0\1sluice.invalid\0octet\0", 23)},  // RFC 1350
      {88, "kerberos", kerberos_request()},
      {111, "rpcbind", rpc_null(100'000, 2)},                         // RFC 1833
      {123, "ntp", from_hex("e3 00 04 fa") + std::string(44, '\0')},  // RFC 5905, mode 3
      {137, "netbios-ns", netbios_status()},
      {161, "snmp", snmp3_discovery()},
      {161, "snmp", snmp1_get()},
      {177, "xdmcp", from_hex("00 01 00 02 00 01 00")},  // XDMCP 1.1: Query
      {389, "cldap", cldap_root()},
      // SLP, RFC 2608, 10.1: the types of services, of all authorities.
      {427, "slp",
       from_hex("02 09 00 00 1d 00 00 00 00 00 73 6c 00 02 65 6e 00 00 ff ff 00 07") + "DEFAULT"},
      {443, "quic", quic_initial()},
      {500, "ike", ike_main_mode()},
      {520, "rip", from_hex("01 01 00 00") + std::string(19, '\0') + '\x10'},  // RFC 1058: all
      {623, "ipmi", from_hex("06 00 ff 06 00 00 11 be 80 00 00 00")},  // ASF 2.0: presence ping
      {853, "doq", quic_initial()},                                    // RFC 9250
      // OpenVPN, protocol overview: a hard reset of a client, key 0, no acknowledgements.
      {1194, "openvpn", from_hex("38 73 6c 75 69 63 65 2d 31 00 00 00 00 00")},
      {1434, "ms-sql-m", from_hex("03")},  // MC-SQLR 2.2.2
      {1701, "l2tp", l2tp_request()},
      {1900, "ssdp", ssdp_search()},
      {2049, "nfs", rpc_null(100'003, 3)},                                   // RFC 1813
      {2123, "gtp-c", from_hex("40 01 00 09 00 73 6c 00 03 00 01 00 01")},   // 3GPP TS 29.274
      {2152, "gtp-u", from_hex("32 01 00 04 00 00 00 00 00 01 00 00")},      // 3GPP TS 29.281
      {3478, "stun", from_hex("00 01 00 00 21 12 a4 42") + "sluice-scan-"},  // RFC 8489
      {3702, "ws-discovery", ws_discovery_probe()},
      {4500, "ike-nat", std::string(4, '\0') + ike_main_mode()},  // RFC 3948
      {5060, "sip", sip_options()},
      {5351, "nat-pmp", from_hex("00 00")},  // RFC 6886, 3.2
      {5353, "mdns", dns_query("_services._dns-sd._udp.local", kPointer, kInternet)},  // RFC 6763
      {5683, "coap", from_hex("40 01 73 6c bb") + ".well-known" + "\x04" + "core"},    // RFC 7252
      {5684, "coaps", dtls_hello()},
      // BEP 5: a ping of the DHT.
      {6881, "dht", "d1:ad2:id20:sluice-scan-sluice-se1:q4:ping1:t2:sl1:y1:qe"},
      {11211, "memcached", from_hex("73 6c 00 00 00 01 00 00") + "version\r\n"},  // protocol.txt
      // RakNet: an unconnected ping, its magic, and who asks.
      {19132, "minecraft",
       from_hex("01 00 00 00 00 00 00 00 00 00 ff ff 00 fe fe fe fe fd fd fd fd"
                "12 34 56 78 73 6c 75 69 63 65 2d 31")},
      // Valve's server queries: A2S_INFO.
      {27015, "source", from_hex("ff ff ff ff") + std::string("TSource Engine Query\0", 21)},
      // BACnet, ASHRAE 135, annex J: reads the identifier of any device.
      {47808, "bacnet", from_hex("81 0a 00 11 01 04 00 05 01 0c 0c 02 3f ff ff 19 4b")},
  };
  return table;
}

struct PortIsLess {
  bool operator()(const UdpPayload& a, std::uint16_t port) const { return a.port < port; }
  bool operator()(std::uint16_t port, const UdpPayload& a) const { return port < a.port; }
};

}  // namespace

const std::vector<UdpPayload>& udp_payloads() {
  static const std::vector<UdpPayload> table = make_table();
  return table;
}

std::string_view udp_payload(std::uint16_t port, unsigned attempt) {
  const auto& table = udp_payloads();
  const auto [first, last] = std::equal_range(table.begin(), table.end(), port, PortIsLess());
  if (first == last) return kLineEnd;
  return first[attempt % static_cast<unsigned>(last - first)].bytes;
}

bool has_udp_payload(std::uint16_t port) {
  const auto& table = udp_payloads();
  return std::binary_search(table.begin(), table.end(), port, PortIsLess());
}

}  // namespace sluice::tools::scan
