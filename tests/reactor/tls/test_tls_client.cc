#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/tls_pair.h"
#include <sluice/tls_client.h>
#include <sluice/tls_error.h>

using namespace sluice;
using namespace sluice::test;

namespace {

// What the client says of a server's certificate; empty if it accepts it.
std::string verdict(const TlsServer& server, const TlsClient& client, const char* host) {
  TlsPair pair(server.transport(), client.transport(host));
  turn_until(
      pair.loop(), [&] { return pair.client.closed() || pair.client.opened(); }, "an end");
  if (pair.client.opened()) return "";
  cr_expect(pair.client.reason == CloseReason::open_failed);
  cr_expect(is_certificate_error(pair.client.handler.last_reason));
  turn_until(pair.loop(), [&] { return pair.server.closed(); });
  return pair.client.why();
}

std::string refused(const TlsClientOptions& options) {
  try {
    const TlsClient client(options);
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

Test(tls_client, accepts_a_certificate_of_its_root_for_the_name) {
  const Authority root;
  const Authority middle(root, "middle");
  const TlsClient client({.ca = root.pem()});
  for (const bool rsa : {false, true}) {
    const TlsServer server(server_with(root.sign({.names = {"DNS:a.example"}, .rsa = rsa})));
    cr_expect(verdict(server, client, "a.example").empty());
    cr_expect(verdict(server, client, "A.Example.").empty(), "case and the last dot do not count");
  }
  Pem leaf = middle.sign();
  leaf.certificate += middle.pem();
  cr_expect(verdict(TlsServer(server_with(leaf)), client, "localhost").empty());
  const Pem numbered = root.sign({.names = {"IP:127.0.0.1", "IP:::1"}});
  cr_expect(verdict(TlsServer(server_with(numbered)), client, "127.0.0.1").empty());
  cr_expect(verdict(TlsServer(server_with(numbered)), client, "::1").empty());
}

Test(tls_client, says_in_words_why_it_rejects_a_certificate) {
  const Authority root;
  const Authority other("other");
  const Authority middle(root, "middle");
  const TlsClient client({.ca = root.pem()});
  const auto of = [&](const Pem& pem) { return TlsServer(server_with(pem)); };
  const std::string prefix = "the peer's certificate: ";
  struct Case {
    TlsServer server;
    const char* host;
    const char* why;
  };
  for (const Case& c :
       {Case{of(root.sign()), "example.com", "hostname mismatch"},
        Case{of(root.sign()), "127.0.0.1", "IP address mismatch"},
        Case{of(root.sign({.starts_in = -7200, .ends_in = -3600})), "localhost",
             "certificate has expired"},
        Case{of(root.sign({.starts_in = 3600})), "localhost", "certificate is not yet valid"},
        Case{of(other.sign()), "localhost", "unable to get local issuer certificate"},
        Case{of(middle.sign()), "localhost", "unable to get local issuer certificate"}}) {
    const std::string said = verdict(c.server, client, c.host);
    cr_expect(said == prefix + c.why, "%s: %s", c.why, said.c_str());
  }
}

Test(tls_client, trusts_only_the_systems_roots_by_default) {
  const Authority root;
  const TlsServer server(server_with(root.sign()));
  cr_expect(verdict(server, TlsClient(), "localhost").find("issuer") != std::string::npos);
}

Test(tls_client, accepts_anything_only_if_the_word_says_so) {
  const Authority root;
  const TlsServer server(server_with(root.sign({.starts_in = -7200, .ends_in = -3600})));
  TlsPair pair(server.transport(),
               TlsClient({.insecure_no_verify = true}).transport("example.com"));
  pair.until_open();
  cr_expect(!pair.client.verified && pair.client.peer_name.empty());
  cr_expect(pair.server.sni == "example.com");
}

Test(tls_client, offers_its_protocols_in_order) {
  const Authority root;
  TlsServerOptions options = server_with(root.sign());
  options.alpn = {"h2", "http/1.1"};
  const TlsServer server(options);
  struct Case {
    std::vector<std::string> offered;
    const char* chosen;
  };
  for (const Case& c :
       {Case{{"http/1.1", "h2"}, "h2"}, Case{{"x", "http/1.1"}, "http/1.1"}, Case{{}, ""}}) {
    const TlsClient client({.ca = root.pem(), .alpn = c.offered});
    TlsPair pair(server.transport(), client.transport("localhost"));
    pair.until_open();
    cr_expect(pair.client.alpn == c.chosen && pair.server.alpn == c.chosen, "%s: %s", c.chosen,
              pair.client.alpn.c_str());
  }
  const TlsClient alien({.ca = root.pem(), .alpn = {"smtp"}});
  TlsPair pair(server.transport(), alien.transport("localhost"));
  pair.until_closed();
  cr_expect(pair.client.why().find("no application protocol") != std::string::npos, "%s",
            pair.client.why().c_str());
}

Test(tls_client, names_the_setting_that_it_cannot_use) {
  const Authority root;
  cr_expect(refused({.ca = "nonsense"}) == "ca has no certificate in PEM: invalid setting of TLS",
            "%s", refused({.ca = "nonsense"}).c_str());
  cr_expect(refused({.ca = "nonsense", .ca_name = "/r.pem"}).starts_with("/r.pem has no "));
  cr_expect(refused({.ca = root.pem(), .alpn = {""}}) ==
            "alpn: a protocol of 0 bytes; 1-255 are allowed: invalid setting of TLS");
  cr_expect(!refused({.ca = root.pem(), .alpn = {std::string(256, 'a')}}).empty());
  const TlsClient client({.ca = root.pem()});
  for (const std::string& host : {std::string(), std::string(254, 'a'), std::string("a\0b", 3)}) {
    try {
      (void)client.transport(host);
      cr_expect(false, "a host of %zu bytes", host.size());
    } catch (const std::system_error& error) {
      cr_expect(error.code() == TlsErrc::setting);
    }
  }
}
