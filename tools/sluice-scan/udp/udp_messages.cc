#include "udp_messages.h"

#include <algorithm>
#include <cstddef>

namespace sluice::tools::scan {
namespace {

std::string be16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
std::string be32(std::uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

// A tag, a length and a body, as ASN.1's DER has them (X.690).
std::string tlv(unsigned tag, std::string_view body) {
  std::string text(1, static_cast<char>(tag));
  if (body.size() >= 256) {
    text += '\x82';
    text += be16(body.size());
  } else {
    if (body.size() >= 128) text += '\x81';
    text += static_cast<char>(body.size());
  }
  return text + std::string(body);
}
constexpr unsigned kInteger = 0x02, kOctets = 0x04, kSequence = 0x30;

std::string integer(unsigned value) {
  std::string body;
  do {
    body.insert(body.begin(), static_cast<char>(value & 0xff));
    value >>= 8;
  } while (value > 0);
  if ((static_cast<unsigned char>(body[0]) & 0x80) != 0) body.insert(body.begin(), '\0');
  return tlv(kInteger, body);
}

// Made up, and always the same: no answer has to be matched with its request.
constexpr std::string_view kEightBytes = "73 6c 75 69 63 65 2d 31";

}  // namespace

std::string from_hex(std::string_view digits) {
  std::string bytes;
  bool half = false;
  for (const char c : digits) {
    if (c == ' ') continue;
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (half) {
      bytes.back() = static_cast<char>(bytes.back() << 4 | static_cast<char>(digit));
    } else {
      bytes += static_cast<char>(digit);
    }
    half = !half;
  }
  return bytes;
}

// RFC 1035, 4.1: one question, and no wish for recursion.
std::string dns_query(std::string_view name, std::uint16_t type, std::uint16_t qclass) {
  std::string query = from_hex("73 6c 00 00 00 01 00 00 00 00 00 00");
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    query += static_cast<char>(dot);
    query += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return query + '\0' + be16(type) + be16(qclass);
}

// The name "*" and fifteen zeros, each half byte as a letter (RFC 1001, 14.1).
std::string netbios_status() {
  return from_hex("73 6c 00 00 00 01 00 00 00 00 00 00 20") + "CK" + std::string(30, 'A') +
         from_hex("00 00 21 00 01");
}

std::string snmp1_get() {
  const std::string system_description = from_hex("06 08 2b 06 01 02 01 01 01 00");
  const std::string binding = tlv(kSequence, system_description + from_hex("05 00"));
  const std::string get = integer(0x736c) + integer(0) + integer(0) + tlv(kSequence, binding);
  return tlv(kSequence, integer(0) + tlv(kOctets, "public") + tlv(0xa0, get));
}

std::string snmp3_discovery() {
  // The reportable flag, and the user-based security model with an engine that is not known.
  const std::string header = integer(0x736c) + integer(65507) + tlv(kOctets, "\x04") + integer(3);
  const std::string none = tlv(kOctets, "");
  const std::string security = none + integer(0) + integer(0) + none + none + none;
  const std::string get = integer(0x736c) + integer(0) + integer(0) + tlv(kSequence, "");
  return tlv(kSequence, integer(3) + tlv(kSequence, header) +
                            tlv(kOctets, tlv(kSequence, security)) +
                            tlv(kSequence, none + none + tlv(0xa0, get)));
}

std::string cldap_root() {
  const auto enumerated = [](char value) { return tlv(0x0a, std::string(1, value)); };
  const std::string search = tlv(kOctets, "") + enumerated(0) + enumerated(0) + integer(0) +
                             integer(0) + from_hex("01 01 00") + tlv(0x87, "objectClass") +
                             tlv(kSequence, "");
  return tlv(kSequence, integer(1) + tlv(0x63, search));
}

std::string kerberos_request() {
  const auto text = [](std::string_view value) { return tlv(0x1b, value); };
  const auto principal = [&](unsigned type, std::string_view names) {
    return tlv(kSequence, tlv(0xa0, integer(type)) + tlv(0xa1, tlv(kSequence, names)));
  };
  constexpr std::string_view kRealm = "INVALID";
  const std::string body = tlv(0xa0, from_hex("03 05 00 00 00 00 00")) +  // no options
                           tlv(0xa1, principal(1, text("sluice"))) + tlv(0xa2, text(kRealm)) +
                           tlv(0xa3, principal(2, text("krbtgt") + text(kRealm))) +
                           tlv(0xa5, tlv(0x18, "20370913024805Z")) + tlv(0xa7, integer(0x736c756)) +
                           tlv(0xa8, tlv(kSequence, integer(18) + integer(17)));  // AES
  const std::string request =
      tlv(0xa1, integer(5)) + tlv(0xa2, integer(10)) + tlv(0xa4, tlv(kSequence, body));
  return tlv(0x6a, tlv(kSequence, request));
}

std::string ike_main_mode() {
  // One transform: AES of 256 bits, SHA-256, a pre-shared key, group 14, for a day.
  const std::string attributes = from_hex(
      "80 01 00 07  80 0e 01 00  80 02 00 04  80 03 00 01  80 04 00 0e  80 0b 00 01"
      "00 0c 00 04 00 01 51 80");
  const std::string transform =
      from_hex("00 00") + be16(8 + attributes.size()) + from_hex("01 01 00 00") + attributes;
  const std::string proposal =
      from_hex("00 00") + be16(8 + transform.size()) + from_hex("01 01 00 01") + transform;
  const std::string association = from_hex("00 00") + be16(12 + proposal.size()) +
                                  from_hex("00 00 00 01 00 00 00 01") + proposal;
  return from_hex(kEightBytes) + std::string(8, '\0') + from_hex("01 10 02 00 00 00 00 00") +
         be32(static_cast<std::uint32_t>(28 + association.size())) + association;
}

std::string rpc_null(std::uint32_t program, std::uint32_t version) {
  return from_hex("73 6c 75 69 00 00 00 00 00 00 00 02") + be32(program) + be32(version) +
         std::string(4 + 16, '\0');
}

// A server answers a version that it does not know with those that it knows, if the datagram is as
// long as a first one must be.
std::string quic_initial() {
  constexpr std::size_t kMinInitial = 1200;
  std::string packet = from_hex("c0 1a 2a 3a 4a 08") + from_hex(kEightBytes) + from_hex("08") +
                       from_hex(kEightBytes);
  packet.resize(kMinInitial, '\0');
  return packet;
}

std::string dtls_hello() {
  const std::string hello =
      from_hex("fe fd") + std::string(32, 's') +
      from_hex(
          "00 00  00 06 c0 2b c0 2f 00 9c  01 00"  // no session, no cookie, three suites
          "00 10  00 0a 00 04 00 02 00 17  00 0d 00 04 00 02 04 03");
  const std::string length = std::string(1, '\0') + be16(hello.size());
  const std::string handshake =
      from_hex("01") + length + from_hex("00 00 00 00 00") + length + hello;
  return from_hex("16 fe ff 00 00 00 00 00 00 00 00") + be16(handshake.size()) + handshake;
}

std::string sip_options() {
  return "OPTIONS sip:sluice@invalid SIP/2.0\r\n"
         "Via: SIP/2.0/UDP sluice.invalid:5060;branch=z9hG4bKsluice;rport\r\n"
         "Max-Forwards: 70\r\nFrom: <sip:sluice@invalid>;tag=sluice\r\n"
         "To: <sip:sluice@invalid>\r\nCall-ID: sluice@invalid\r\nCSeq: 1 OPTIONS\r\n"
         "Contact: <sip:sluice@invalid>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n";
}

std::string ssdp_search() {
  return "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
         "ST: ssdp:all\r\n\r\n";
}

std::string ws_discovery_probe() {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
         "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
         " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
         " xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header>"
         "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
         "<a:MessageID>urn:uuid:736c7569-6365-4000-8000-000000000000</a:MessageID>"
         "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
         "</s:Header><s:Body><d:Probe/></s:Body></s:Envelope>";
}

std::string l2tp_request() {
  const auto avp = [](std::size_t type, std::string_view value) {
    return be16(0x8000 | (6 + value.size())) + be16(0) + be16(type) + std::string(value);
  };
  const std::string pairs = avp(0, from_hex("00 01")) + avp(2, from_hex("01 00")) +
                            avp(3, from_hex("00 00 00 03")) + avp(7, "sluice") +
                            avp(9, from_hex("73 6c"));
  return be16(0xc802) + be16(12 + pairs.size()) + std::string(8, '\0') + pairs;
}

}  // namespace sluice::tools::scan
