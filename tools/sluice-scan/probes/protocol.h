// The protocols that --probe knows: what each is asked, and how its answer is read.
//
// What it is: a table of pure functions. To add a protocol, write its request and its reader from
// its specification, and add a row to the table in protocol_table.cc; the page has an example.
// A reader gets the bytes that a peer sent, whatever they are, at most kMaxAnswer of them; what it
// returns is not printable yet.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_PROBES_PROTOCOL_H
#define SLUICE_TOOLS_SLUICE_SCAN_PROBES_PROTOCOL_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../listings/service_facts.h"

namespace sluice::tools::scan {

inline constexpr std::size_t kMaxAnswer = 4096;  // bytes that are read of a peer

// What has been received on one connection.
struct Answer {
  std::string_view bytes;
  std::uint16_t port = 0;  // decides between protocols whose greetings look the same
};

using ServiceReader = std::optional<ServiceFacts> (*)(const Answer& answer);

struct Protocol {
  std::string_view name;
  std::vector<std::uint16_t> ports;  // where it is asked first
  std::string request;               // empty: the server speaks first
  // Reads an answer to the request, or a greeting. Nothing: it is not of this protocol.
  ServiceReader read;
  // Its answers look like those of no other protocol, whatever was asked.
  bool distinct = true;
  // Is asked on ports that are nobody's; the others only on theirs.
  bool anywhere = false;
};

std::span<const Protocol> protocols();

// The facts that `answer` has if `asked` was asked; null: nothing was. Texts are printable and cut.
std::optional<ServiceFacts> read_service(const Answer& answer, const Protocol* asked);

// What to ask on a port, in this order: the protocols that it is known for, then those that are
// asked anywhere. No protocol stands twice.
std::vector<const Protocol*> requests_for(std::uint16_t port);

// --- Readers, by the file that they are in ---

// text_readers.cc
std::optional<ServiceFacts> read_ssh(const Answer& answer);        // RFC 4253, 4.2
std::optional<ServiceFacts> read_smtp(const Answer& answer);       // RFC 5321, 4.2
std::optional<ServiceFacts> read_ftp(const Answer& answer);        // RFC 959, 5.4
std::optional<ServiceFacts> read_pop3(const Answer& answer);       // RFC 1939, 4
std::optional<ServiceFacts> read_imap(const Answer& answer);       // RFC 3501, 7.1
std::optional<ServiceFacts> read_nntp(const Answer& answer);       // RFC 3977, 5.1
std::optional<ServiceFacts> read_http(const Answer& answer);       // RFC 9112, 4
std::optional<ServiceFacts> read_rtsp(const Answer& answer);       // RFC 7826, 8
std::optional<ServiceFacts> read_sip(const Answer& answer);        // RFC 3261, 7.2
std::optional<ServiceFacts> read_redis(const Answer& answer);      // the RESP specification, INFO
std::optional<ServiceFacts> read_memcached(const Answer& answer);  // memcached's protocol.txt
std::optional<ServiceFacts> read_zookeeper(const Answer& answer);  // its administrator's guide
std::optional<ServiceFacts> read_rfb(const Answer& answer);        // RFC 6143, 7.1.1
std::optional<ServiceFacts> read_rsync(const Answer& answer);      // rsync's daemon protocol
std::optional<ServiceFacts> read_nats(const Answer& answer);       // NATS client protocol, INFO
std::optional<ServiceFacts> read_irc(const Answer& answer);        // RFC 2812, 3
std::optional<ServiceFacts> read_xmpp(const Answer& answer);       // RFC 6120, 4

// binary_readers.cc
std::optional<ServiceFacts> read_tls(const Answer& answer);         // RFC 8446, 5.1
std::optional<ServiceFacts> read_mysql(const Answer& answer);       // the client/server protocol
std::optional<ServiceFacts> read_postgresql(const Answer& answer);  // its manual, 55.2
std::optional<ServiceFacts> read_mqtt(const Answer& answer);        // MQTT 3.1.1, 3.2
std::optional<ServiceFacts> read_amqp(const Answer& answer);        // AMQP 0-9-1, 2.3
std::optional<ServiceFacts> read_dns(const Answer& answer);         // RFC 1035, 4; RFC 7766
std::optional<ServiceFacts> read_ldap(const Answer& answer);        // RFC 4511
std::optional<ServiceFacts> read_rdp(const Answer& answer);         // MS-RDPBCGR 2.2.1.2
std::optional<ServiceFacts> read_smb(const Answer& answer);         // MS-SMB2 2.2.1, 2.2.4
std::optional<ServiceFacts> read_socks5(const Answer& answer);      // RFC 1928, 3
std::optional<ServiceFacts> read_mongodb(const Answer& answer);     // MongoDB wire protocol
std::optional<ServiceFacts> read_cassandra(const Answer& answer);   // CQL binary protocol v4
std::optional<ServiceFacts> read_telnet(const Answer& answer);      // RFC 854
std::optional<ServiceFacts> read_bgp(const Answer& answer);         // RFC 4271, 4.1

}  // namespace sluice::tools::scan

#endif
