// What services answer, without sockets: the name, the product and the version in it.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-scan/probes/protocol.h"

using namespace sluice::tools::scan;

namespace {

const Protocol* named(std::string_view name) {
  for (const Protocol& protocol : protocols()) {
    if (protocol.name == name) return &protocol;
  }
  return nullptr;
}

// As one line; "" if nobody understands it.
std::string read(std::string_view bytes, std::uint16_t port = 9, std::string_view asked = {}) {
  const auto facts = read_service({bytes, port}, named(asked));
  return facts ? facts->line() : "";
}

void expect(const std::string& got, const std::string& wanted) {
  cr_expect(got == wanted, "\"%s\" is not \"%s\"", got.c_str(), wanted.c_str());
}

template <std::size_t N>
std::string_view raw(const char (&text)[N]) {
  return {text, N - 1};
}

}  // namespace

Test(scan_protocol, a_request_that_comes_back_is_of_an_echo_service) {
  for (const Protocol& protocol : protocols()) {
    if (!protocol.request.empty()) expect(read(protocol.request, 9, protocol.name), "echo");
  }
}

Test(scan_protocol, greetings_name_product_and_version) {
  expect(read("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
         "ssh OpenSSH 9.2p1 (Debian-2+deb12u3)");
  expect(read("note\r\nSSH-2.0-dropbear_2022.83\r\n"), "ssh dropbear 2022.83");
  expect(read("220 mail.example.org ESMTP Postfix (Debian/GNU)\r\n"), "smtp Postfix");
  expect(read("220 mx.example ESMTP Exim 4.96 Sat, 28 Nov 2026\r\n"), "smtp Exim 4.96");
  expect(read("220 mx.example\r\n", 25), "smtp (mx.example)");
  expect(read("220 (vsFTPd 3.0.3)\r\n", 21), "ftp vsFTPd 3.0.3");
  expect(read("220 ProFTPD 1.3.8 Server (Debian)\r\n"), "ftp ProFTPD 1.3.8");
  expect(read("+OK Dovecot (Debian) ready.\r\n"), "pop3 Dovecot");
  expect(read("* OK [CAPABILITY IMAP4rev1 ID] Dovecot (Debian) ready.\r\n"), "imap Dovecot");
  expect(read("RFB 003.008\n"), "vnc (protocol 003.008)");
  expect(read("@RSYNCD: 31.0 sha512\n"), "rsync (protocol 31.0 sha512)");
  expect(read("INFO {\"server_id\":\"N\",\"version\":\"2.9.10\",\"proto\":1}\r\n"),
         "nats NATS 2.9.10");
  expect(read(raw("\xff\xfd\x18\xff\xfd\x20")), "telnet");
}

Test(scan_protocol, answers_of_text) {
  expect(read("HTTP/1.1 200 OK\r\nDate: x\r\nserver: nginx/1.22.1\r\n\r\n"), "http nginx 1.22.1");
  expect(read("HTTP/1.0 403 Forbidden\r\nServer: Apache/2.4.57 (Debian)\r\n\r\n"),
         "http Apache 2.4.57 ((Debian))");
  expect(read("HTTP/1.0 200 OK\r\n\r\n"), "http (HTTP/1.0 200 OK)");
  expect(read("RTSP/1.0 200 OK\r\nServer: gst/1.22\r\n\r\n"), "rtsp gst 1.22");
  expect(read("$60\r\n# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n\r\n"),
         "redis Redis 7.0.15 (standalone)");
  expect(read("$60\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\n"), "redis Valkey 8.0.1");
  expect(read("-NOAUTH Authentication required.\r\n"), "redis (NOAUTH Authentication required.)");
  expect(read("VERSION 1.6.18\r\n"), "memcached memcached 1.6.18");
  expect(read("Zookeeper version: 3.8.0-5a02, built on x\n"), "zookeeper ZooKeeper 3.8.0-5a02");
  expect(read("srvr is not executed because it is not in the whitelist.\n"), "zookeeper ZooKeeper");
  expect(read("mail from you is not in the whitelist\r\n"), "");
  expect(read(":irc.example 451 * :You have not registered\r\n"), "irc");
  expect(read("500 451 Bad command\r\n"), "");
}

Test(scan_protocol, answers_in_binary) {
  expect(read(raw("\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03")), "tls");
  expect(read(raw("\x15\x03\x01\x00\x02\x02\x28")), "tls");
  expect(read(raw("\x4a\x00\x00\x00\x0a"
                  "8.0.36\0\x08\0\0\0")),
         "mysql MySQL 8.0.36");
  expect(read(raw("\x5a\x00\x00\x00\x0a"
                  "5.5.5-10.11.6-MariaDB-0+deb12u1\0\x08\0\0\0")),
         "mysql MariaDB 10.11.6");
  expect(read(raw("\x45\x00\x00\x00\xff\x6a\x04Host '10.0.0.1' is not allowed")),
         "mysql (Host '10.0.0.1' is not allowed)");
  expect(read("N", 5432, "postgresql"), "postgresql PostgreSQL");
  expect(read("N"), "");  // one byte tells nothing if nobody asked
  expect(read(raw("\x20\x02\x00\x00"), 1883, "mqtt"), "mqtt (accepts anybody)");
  expect(read(raw("\x20\x02\x00\x05"), 1883, "mqtt"), "mqtt (needs authentication)");
  expect(read(raw("\x01\x00\x00\x00\x00\x01\xb0\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x50"
                  "\x07product"
                  "S\x00\x00\x00\x08RabbitMQ\x07version"
                  "S\x00\x00\x00\x06"
                  "3.10.8\xce")),
         "amqp RabbitMQ 3.10.8");
  expect(read(raw("AMQP\x00\x00\x09\x01")), "amqp");
  expect(read(raw("\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00")), "ldap");
  expect(read(raw("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00")), "rdp");
  expect(read(raw("\x05\x00"), 1080, "socks5"), "socks5 (accepts anybody)");
  expect(read(raw("\x84\x00sl\x06\x00\x00\x00\x01\x00")), "cassandra Cassandra");
  std::string smb = std::string("\0\0\0\x80", 4) + "\xfeSMB" + std::string(80, '\0');
  smb[4 + 64 + 4] = 0x11;
  smb[4 + 64 + 5] = 0x03;
  expect(read(smb), "smb (dialect 3.1.1)");
}

Test(scan_protocol, a_version_of_dns_is_in_its_text) {
  const std::string question = std::string("\7version\4bind\0\0\x10\0\3", 18);
  const auto answer = [&](const std::string& text) {
    std::string message = std::string("sl\x84\0\0\1\0\1\0\0\0\0", 12) + question +
                          std::string("\xc0\x0c\0\x10\0\3\0\0\0\0\0", 11) +
                          static_cast<char>(text.size() + 1) + static_cast<char>(text.size()) +
                          text;
    return std::string(1, '\0') + static_cast<char>(message.size()) + message;
  };
  expect(read(answer("dnsmasq-2.89"), 53, "dns"), "dns dnsmasq 2.89");
  expect(read(answer("unbound 1.17.1"), 53, "dns"), "dns unbound 1.17.1");
  expect(read(answer("9.18.24-1-Debian"), 53, "dns"), "dns BIND 9.18.24-1-Debian");
  expect(read(answer("none"), 53, "dns"), "dns (none)");
  expect(read(std::string("\0\x0csl\x84\5\0\0\0\0\0\0\0\0", 14), 53, "dns"), "dns");
}

Test(scan_protocol, what_a_peer_sends_is_made_printable_and_cut) {
  const std::string line = read("SSH-2.0-a\x1b[2J_1\x07\xff x\x00y\r\n");
  for (const char c : line) cr_expect(c >= ' ' && c < 0x7f);
  const auto facts = read_service({"HTTP/1.1 200 OK\r\nServer: " + std::string(3000, 'x'), 80}, {});
  cr_assert(facts.has_value());
  cr_expect(facts->product.size() <= ServiceFacts::kMaxText);
}

Test(scan_protocol, no_cut_or_changed_answer_is_read_beyond_its_end) {
  // The sanitizers see what reads too far.
  const std::string_view seeds[] = {
      raw("\x4a\x00\x00\x00\x0a"
          "8.0.36\0\x08\0\0\0"),
      raw("\x01\x00\x00\x00\x00\x01\xb0\x00\x0a\x00\x0a\x07product"
          "S\xff\xff\xff\xff"
          "R"),
      raw("\x00\x30sl\x84\0\0\1\0\1\0\0\0\0\7version\4bind\0\0\x10\0\3\xc0\x0c\0\x10\0\3\0\0"),
      raw("\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x65"),
      raw("\x10\x00\x00\x00xxxxslui\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x00\x02version\0\xff"),
      "SSH-2.0-",
      "220 ",
      "* OK [",
      "$9\r\nredis_version:",
      "HTTP/1.1",
      "INFO {\"version\":\""};
  for (const std::string_view seed : seeds) {
    for (std::size_t size = 0; size <= seed.size(); ++size) {
      const std::string exact(seed.substr(0, size));  // of its own, so that its end is known
      for (const Protocol& protocol : protocols()) (void)read_service({exact, 53}, &protocol);
      for (std::size_t at = 0; at < size; ++at) {
        std::string changed = exact;
        changed[at] = static_cast<char>(changed[at] ^ 0xff);
        (void)read_service({changed, 53}, &protocols().front());
      }
    }
  }
}

Test(scan_protocol, a_port_s_own_protocol_is_asked_first_and_none_twice) {
  cr_expect(requests_for(6379).front()->name == "redis");
  cr_expect(requests_for(443).front()->name == "tls");
  cr_expect(requests_for(12'345).front()->name == "http");
  for (const std::uint16_t port : {80, 443, 6379, 12'345}) {
    const auto requests = requests_for(port);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      cr_expect(!requests[i]->request.empty());
      for (std::size_t j = 0; j < i; ++j) cr_expect(requests[i] != requests[j]);
    }
  }
}

Test(scan_protocol, each_request_has_its_length) {
  const auto be16 = [](std::string_view text, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[at]) << 8 |
                                    static_cast<unsigned char>(text[at + 1]));
  };
  const std::string& hello = named("tls")->request;
  cr_expect(be16(hello, 3) == hello.size() - 5 && be16(hello, 7) == hello.size() - 9);
  cr_expect(be16(named("dns")->request, 0) == named("dns")->request.size() - 2);
  cr_expect(be16(named("smb")->request, 2) == named("smb")->request.size() - 4);
  cr_expect(static_cast<std::size_t>(named("mongodb")->request[0]) ==
            named("mongodb")->request.size());
  cr_expect(static_cast<std::size_t>(named("mongodb")->request[21]) ==
            named("mongodb")->request.size() - 21);
  cr_expect(static_cast<std::size_t>(named("mqtt")->request[1]) ==
            named("mqtt")->request.size() - 2);
}
