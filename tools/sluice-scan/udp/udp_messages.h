// The datagrams of udp_payloads.h, each from its specification.
//
// Thread: any. Errors: std::bad_alloc. Source: beside each.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_MESSAGES_H
#define SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_MESSAGES_H

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::tools::scan {

// "de ad" as bytes. REQUIRES: pairs of hexadecimal digits, blanks anywhere between them.
std::string from_hex(std::string_view digits);

std::string dns_query(std::string_view name, std::uint16_t type, std::uint16_t qclass);
std::string netbios_status();    // RFC 1002, 4.2.17
std::string snmp1_get();         // RFC 1157: sysDescr.0, community "public"
std::string snmp3_discovery();   // RFC 3414, section 4
std::string cldap_root();        // RFC 4511: a search of the root
std::string kerberos_request();  // RFC 4120: an AS-REQ of a realm that nobody has
std::string ike_main_mode();     // RFC 2408, 2409
std::string rpc_null(std::uint32_t program, std::uint32_t version);  // RFC 5531
std::string quic_initial();        // RFC 9000, 6.1: asks for the versions
std::string dtls_hello();          // RFC 6347, 4.2.1
std::string sip_options();         // RFC 3261, section 11
std::string ssdp_search();         // UPnP Device Architecture 1.1, 1.3.2
std::string ws_discovery_probe();  // WS-Discovery 1.1, 5.3
std::string l2tp_request();        // RFC 2661: SCCRQ

}  // namespace sluice::tools::scan

#endif
