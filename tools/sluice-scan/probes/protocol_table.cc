// The table of protocols, and what is asked on which port.
#include <algorithm>

#include "../../../reactor/base/text/quote.h"
#include "../udp/udp_messages.h"
#include "protocol.h"

namespace sluice::tools::scan {
namespace {

std::string with_length16(std::string_view message) {
  return {static_cast<char>(message.size() >> 8), static_cast<char>(message.size() & 0xff)};
}

// A ClientHello with the suites and groups that nearly every server has one of (RFC 8446, 4.1.2).
std::string tls_hello() {
  const std::string hello =
      from_hex("03 03") + std::string(32, 's') + '\0' +
      from_hex("00 12 13 01 13 02 13 03 c0 2b c0 2f c0 2c c0 30 00 9c 00 2f  01 00") +
      from_hex(
          "00 31"
          "00 0a 00 06 00 04 00 17 00 1d"                          // groups
          "00 0d 00 0e 00 0c 04 03 08 04 04 01 05 03 08 06 02 01"  // signatures
          "00 0b 00 02 01 00"                                      // points
          "00 2b 00 05 04 03 04 03 03"                             // versions
          "00 33 00 02 00 00");                                    // no share of a key
  const std::string handshake = from_hex("01 00") + with_length16(hello) + hello;
  return from_hex("16 03 01") + with_length16(handshake) + handshake;
}

std::string dns_over_tcp() {
  const std::string query = dns_query("version.bind", 16, 3);
  return with_length16(query) + query;
}

// MS-SMB2 2.2.3: dialects 2.0.2, 2.1, 3.0 and 3.0.2.
std::string smb_negotiate() {
  const std::string message =
      from_hex("fe 53 4d 42 40 00 00 00 00 00 00 00 00 00 01 00") + std::string(48, '\0') +
      from_hex("24 00 04 00 01 00 00 00 00 00 00 00") + std::string(16, 's') +
      std::string(8, '\0') + from_hex("02 02 10 02 00 03 02 03");
  return std::string(2, '\0') + with_length16(message) + message;
}

// OP_MSG with {buildInfo: 1, $db: "admin"}, in BSON.
std::string mongodb_build_info() {
  return from_hex(
      "38 00 00 00 73 6c 75 69 00 00 00 00 dd 07 00 00 00 00 00 00 00"
      "23 00 00 00 10 62 75 69 6c 64 49 6e 66 6f 00 01 00 00 00"
      "02 24 64 62 00 06 00 00 00 61 64 6d 69 6e 00 00");
}

constexpr std::string_view kHttpGet =
    "GET / HTTP/1.0\r\nUser-Agent: sluice-scan\r\nAccept: */*\r\n\r\n";

std::vector<Protocol> make_protocols() {
  constexpr bool kGuessed = false;  // not distinct
  return {
      // The server speaks first.
      {"ssh", {22, 2222}, "", read_ssh},
      {"smtp", {25, 465, 587}, "", read_smtp},
      {"ftp", {21}, "", read_ftp},
      {"pop3", {110, 995}, "", read_pop3},
      {"imap", {143, 993}, "", read_imap},
      {"nntp", {119}, "", read_nntp},
      {"mysql", {3306, 33060}, "", read_mysql},
      {"vnc", {5900, 5901}, "", read_rfb},
      {"rsync", {873}, "", read_rsync},
      {"nats", {4222}, "", read_nats},
      {"telnet", {23}, "", read_telnet},
      {"bgp", {179}, "", read_bgp},
      {"irc", {6667}, "", read_irc},
      // The client does.
      {"http",
       {80, 81, 591, 3000, 5000, 8000, 8008, 8080, 8081, 8888, 9090, 9200},
       std::string(kHttpGet),
       read_http,
       true,
       true},
      {"tls",
       {443, 636, 853, 990, 5061, 5671, 6697, 8443, 8883, 9443},
       tls_hello(),
       read_tls,
       true,
       true},
      {"redis", {6379, 6380}, "INFO server\r\n", read_redis, true, true},
      {"memcached", {11211}, "version\r\n", read_memcached},
      {"postgresql",
       {5432, 5433},
       from_hex("00 00 00 08 04 d2 16 2f"),
       read_postgresql,
       kGuessed,
       true},
      {"mqtt",
       {1883},
       from_hex("10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00"),
       read_mqtt,
       true,
       true},
      {"amqp", {5672}, "AMQP" + from_hex("00 00 09 01"), read_amqp, true, true},
      {"dns", {53}, dns_over_tcp(), read_dns},
      {"ldap", {389, 3268}, cldap_root(), read_ldap},
      {"rdp",
       {3389},
       from_hex("03 00 00 13 0e e0 00 00 00 00 00 01 00 08 00 03 00 00 00"),
       read_rdp},
      {"smb", {445}, smb_negotiate(), read_smb},
      {"socks5", {1080, 9050}, from_hex("05 01 00"), read_socks5, kGuessed},
      {"mongodb", {27017}, mongodb_build_info(), read_mongodb},
      {"cassandra", {9042}, from_hex("04 00 73 6c 05 00 00 00 00"), read_cassandra},
      {"zookeeper", {2181}, "srvr", read_zookeeper},
      {"rtsp", {554, 8554}, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", read_rtsp},
      {"sip", {5060}, sip_options(), read_sip},
      {"xmpp",
       {5222, 5269},
       "<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='sluice.invalid' "
       "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
       read_xmpp},
  };
}

bool has_port(const Protocol& protocol, std::uint16_t port) {
  return std::find(protocol.ports.begin(), protocol.ports.end(), port) != protocol.ports.end();
}

ServiceFacts printable(ServiceFacts facts) {
  for (std::string* const text : {&facts.protocol, &facts.product, &facts.version, &facts.info}) {
    *text = escape(*text, ServiceFacts::kMaxText);
  }
  return facts;
}

}  // namespace

std::span<const Protocol> protocols() {
  static const std::vector<Protocol> table = make_protocols();
  return table;
}

std::optional<ServiceFacts> read_service(const Answer& answer, const Protocol* asked) {
  if (answer.bytes.empty()) return std::nullopt;
  if (asked != nullptr) {
    // Some readers look for what the request has, too.
    if (answer.bytes == asked->request) return ServiceFacts{"echo", {}, {}, {}};
    if (auto facts = asked->read(answer)) return printable(std::move(*facts));
  }
  for (const Protocol& protocol : protocols()) {
    if (&protocol == asked || !protocol.distinct) continue;
    if (auto facts = protocol.read(answer)) return printable(std::move(*facts));
  }
  return std::nullopt;
}

std::vector<const Protocol*> requests_for(std::uint16_t port) {
  std::vector<const Protocol*> requests;
  for (const Protocol& protocol : protocols()) {
    if (!protocol.request.empty() && has_port(protocol, port)) requests.push_back(&protocol);
  }
  for (const Protocol& protocol : protocols()) {
    if (protocol.anywhere && !has_port(protocol, port)) requests.push_back(&protocol);
  }
  return requests;
}

}  // namespace sluice::tools::scan
