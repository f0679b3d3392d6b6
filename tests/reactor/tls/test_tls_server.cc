#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "support/tls_pair.h"
#include <sluice/tls_error.h>
#include <sluice/tls_server.h>

using namespace sluice;
using namespace sluice::test;

namespace {

std::string refused(const TlsServerOptions& options) {
  try {
    const TlsServer server(options);
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "";
}

std::string serial_at(TransportFactory server, const TlsClient& client, const char* host) {
  TlsPair pair(std::move(server), client.transport(host));
  pair.until_open();
  return TlsTransport::of(pair.at(pair.client))->peer_certificate()->serial;
}

std::string serial_of(const Pem& pem) { return TlsServer(server_with(pem)).certificate().serial; }

}  // namespace

Test(tls_server, names_the_setting_and_the_file_that_it_cannot_use) {
  const Authority root;
  const Pem one = root.sign();
  const Pem other = root.sign();
  const Pem rsa = root.sign({.rsa = true});
  const auto with = [](const std::string& chain, const std::string& key) {
    TlsServerOptions options;
    options.certificates.push_back(
        {.chain = chain, .key = key, .chain_name = "/c.pem", .key_name = "/k.pem"});
    return refused(options);
  };
  cr_expect(refused({}) == "a TLS server needs a certificate: invalid setting of TLS");
  cr_expect(with("", one.key) == "/c.pem has no certificate in PEM: invalid setting of TLS", "%s",
            with("", one.key).c_str());
  cr_expect(with(one.certificate, one.certificate) ==
                "/k.pem has no private key in PEM: invalid setting of TLS",
            "%s", with(one.certificate, one.certificate).c_str());
  const std::string wrong = "/k.pem is not the key of /c.pem: key values mismatch";
  cr_expect(with(one.certificate, other.key) == wrong);
  cr_expect(
      with(one.certificate, rsa.key) == "/k.pem is not the key of /c.pem: different key types",
      "%s", with(one.certificate, rsa.key).c_str());
  const std::string cut = one.certificate.substr(0, one.certificate.size() / 2);
  cr_expect(with(cut, one.key).starts_with("/c.pem: "), "%s", with(cut, one.key).c_str());
  cr_expect(with(one.certificate + cut, one.key).starts_with("/c.pem: "), "a chain that is cut");
  TlsServerOptions asking = server_with(one);
  asking.client_certificates = TlsClientCertificates::required;
  cr_expect(refused(asking).starts_with("client certificates are asked for"));
  TlsServerOptions stapling = server_with(one);
  stapling.certificates[0].ocsp = "nonsense";
  cr_expect(refused(stapling).starts_with("OCSP response for certificate: "));
}

Test(tls_server, chooses_the_certificate_by_the_name_that_the_client_asks_for) {
  const Authority root;
  const Pem first = root.sign({.names = {"DNS:localhost", "DNS:first.example"}});
  const Pem second = root.sign({.names = {"DNS:second.example", "DNS:*.wild.example"}});
  TlsServerOptions options = server_with(first);
  options.certificates.push_back(certificate_of(second));
  const TlsServer server(options);
  const TlsClient client({.ca = root.pem()});
  const auto shown = [&](const char* host) { return serial_at(server.transport(), client, host); };
  cr_expect(shown("first.example") == serial_of(first));
  cr_expect(shown("second.example") == serial_of(second));
  cr_expect(shown("a.wild.example") == serial_of(second));
  const TlsClient careless({.insecure_no_verify = true});
  const auto default_of = [&](const char* host) {
    return serial_at(server.transport(), careless, host);
  };
  cr_expect(default_of("unknown.example") == serial_of(first));
  cr_expect(default_of("a.b.wild.example") == serial_of(first), "a star is one label");
  cr_expect(default_of("127.0.0.1") == serial_of(first), "an address is no SNI");
}

Test(tls_server, may_have_certificates_of_two_key_types_for_a_name) {
  const Authority root;
  TlsServerOptions options = server_with(root.sign({.rsa = true}));
  const Pem ec = root.sign();
  options.certificates.push_back(certificate_of(ec));
  const TlsClient client({.ca = root.pem()});
  cr_expect(serial_at(TlsServer(options).transport(), client, "localhost") == serial_of(ec));
}

Test(tls_server, asks_for_certificates_of_its_clients) {
  const Authority root;
  const Authority clients("clients");
  const Pem good = clients.sign({.names = {"DNS:ann.example"}});
  const Pem bad = root.sign({.names = {"DNS:mallory.example"}});
  for (const bool required : {false, true}) {
    TlsServerOptions options = server_with(root.sign());
    options.client_certificates =
        required ? TlsClientCertificates::required : TlsClientCertificates::optional;
    options.client_ca = clients.pem();
    const TlsServer server(options);
    TlsPair with(
        server.transport(),
        TlsClient({.ca = root.pem(), .certificate = certificate_of(good)}).transport("localhost"));
    with.until_open();
    cr_expect(with.server.verified && with.server.peer_name == "ann.example");

    TlsPair without(server.transport(), TlsClient({.ca = root.pem()}).transport("localhost"));
    if (required) {
      without.until_closed();
      cr_expect(without.server.reason == CloseReason::open_failed);
      cr_expect(is_certificate_error(without.server.handler.last_reason));
      cr_expect(without.client.why().find("certificate required") != std::string::npos, "%s",
                without.client.why().c_str());
    } else {
      without.until_open();
      cr_expect(!without.server.verified && without.server.peer_name.empty());
    }

    TlsPair alien(
        server.transport(),
        TlsClient({.ca = root.pem(), .certificate = certificate_of(bad)}).transport("localhost"));
    alien.until_closed();
    cr_expect(
        alien.server.why() == "the peer's certificate: unable to get local issuer certificate",
        "%s", alien.server.why().c_str());
  }
}

Test(tls_server, checks_clients_behind_every_name) {
  const Authority root;
  const Authority clients("clients");
  TlsServerOptions options = server_with(root.sign());
  options.certificates.push_back(certificate_of(root.sign({.names = {"DNS:second.example"}})));
  options.client_certificates = TlsClientCertificates::required;
  options.client_ca = clients.pem();
  const TlsServer server(options);
  const Pem good = clients.sign({.names = {"DNS:ann.example"}});
  const TlsClient ann({.ca = root.pem(), .certificate = certificate_of(good)});
  TlsPair with(server.transport(), ann.transport("second.example"));
  with.until_open();
  cr_expect(with.server.peer_name == "ann.example");
  TlsPair without(server.transport(), TlsClient({.ca = root.pem()}).transport("second.example"));
  without.until_closed();
  cr_expect(without.server.reason == CloseReason::open_failed);
}

Test(tls_server, replaced_in_its_slot_leaves_open_connections_alone) {
  const Authority root;
  const Pem old_one = root.sign();
  const Pem new_one = root.sign();
  TlsServerSlot slot{TlsServer(server_with(old_one))};
  const TlsClient client({.ca = root.pem()});
  TlsPair before(slot.transport(), client.transport("localhost"));
  before.until_open();
  slot.replace(TlsServer(server_with(new_one)));
  cr_expect(serial_at(slot.transport(), client, "localhost") == serial_of(new_one));
  before.at(before.client).send("still here");
  turn_until(before.loop(), [&] { return before.server.handler.input == "still here"; });
  // A bad one throws before it can replace anything.
  try {
    slot.replace(TlsServer(server_with({new_one.certificate, old_one.key})));
    cr_expect(false, "accepted");
  } catch (const std::system_error&) {
    cr_expect(slot.current().certificate().serial == serial_of(new_one));
  }
}

Test(tls_server, refuses_newcomers_above_its_limit_on_handshakes) {
  const Authority root;
  TlsServerOptions options = server_with(root.sign());
  options.max_handshakes = 2;
  const TlsServer server(options);
  Handler handler;
  Loop loop;
  std::vector<Fd> silent;
  for (int i = 0; i < 2; ++i) {
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler, over(server.transport()));
    silent.push_back(std::move(pair.peers));
  }
  cr_expect(server.handshakes() == 2);
  try {
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler, over(server.transport()));
    cr_expect(false, "a third one was accepted");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::operation_canceled);
  }
  silent.pop_back();
  turn_until(loop, [&] { return server.handshakes() == 1; });
  // One whose handshake is done does not count.
  const TlsClient client({.ca = root.pem()});
  TlsPair pair(server.transport(), client.transport("localhost"));
  pair.until_open();
  cr_expect(server.handshakes() == 1);
}

Test(tls_server, may_be_shared_by_threads_while_it_is_replaced) {
  const Authority root;
  TlsServerSlot slot{TlsServer(server_with(root.sign()))};
  const TlsClient client({.ca = root.pem()});
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        TlsPair pair(slot.transport(), client.transport("localhost"));
        pair.until_open();
      }
    });
  }
  const Pem next = root.sign();
  for (int i = 0; i < 20; ++i) slot.replace(TlsServer(server_with(next)));
  for (std::thread& thread : threads) thread.join();
  cr_expect(slot.current().handshakes() == 0);
}
