// Peers that do not keep to TLS, or use it against the server.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/tls_pair.h"
#include <sluice/tls_error.h>

using namespace sluice;
using namespace sluice::test;

namespace {

// OpenSSL by itself, as a client on a blocking-free socket: it can do what TlsClient does not.
class RawClient {
 public:
  RawClient(Fd socket, int version) : socket_(std::move(socket)) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    ssl_ = SSL_new(context_);
    set_nonblocking_cloexec(socket_.get());
    SSL_set_fd(ssl_, socket_.get());
    SSL_set_connect_state(ssl_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  SSL* ssl() { return ssl_; }
  void open(Loop& loop) {
    turn_until(
        loop, [this] { return SSL_do_handshake(ssl_) == 1; }, "the raw client's handshake");
  }
  Fd& socket() { return socket_; }

 private:
  Fd socket_;
  SSL_CTX* context_;
  SSL* ssl_;
};

struct Target {
  Authority root;
  TlsServer server;
  TlsEnd end;
  Loop loop;
  Pair pair = unix_pair();

  explicit Target(std::chrono::milliseconds open_timeout = std::chrono::seconds(10))
      : server(server_with(root.sign())) {
    ConnectionOptions options = over(server.transport());
    options.open_timeout = open_timeout;
    end.id = Connection::adopt(loop, std::move(pair.ours), end.handler, options).id();
  }
  void until_closed() {
    turn_until(
        loop, [this] { return end.closed(); }, "the server's on_close()");
  }
};

}  // namespace

Test(tls_hostile, garbage_instead_of_a_hello_ends_the_handshake) {
  for (const std::string& sent :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(70'000, 'x'), std::string(64, '\0'),
        std::string("\x16\x03\x01\xff\xff", 5) + std::string(66'000, 'a')}) {
    Target target;
    Peer peer(std::move(target.pair.peers));
    (void)peer.offer(sent);
    target.until_closed();
    cr_expect(target.end.reason == CloseReason::open_failed && !target.end.opened());
    cr_expect(target.end.handler.last_reason.category() == tls_category(), "%s",
              target.end.why().c_str());
    cr_expect(target.server.handshakes() == 0);
  }
}

Test(tls_hostile, a_handshake_that_trickles_meets_its_deadline) {
  Target target(std::chrono::milliseconds(300));
  Peer peer(std::move(target.pair.peers));
  const std::string hello = std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  std::size_t sent = 0;
  turn_until(target.loop, [&] {
    if (sent < hello.size()) sent += peer.offer(hello.substr(sent, 1));
    return target.end.closed();
  });
  cr_expect(target.end.reason == CloseReason::open_timeout, "%s", target.end.why().c_str());
  cr_expect(target.server.handshakes() == 0);
}

Test(tls_hostile, a_renegotiation_is_refused_and_the_connection_goes_on) {
  Target target;
  RawClient client(std::move(target.pair.peers), TLS1_2_VERSION);
  client.open(target.loop);
  turn_until(target.loop, [&] { return target.end.opened(); });
  cr_expect(target.end.version == "TLSv1.2", "%s", target.end.version.c_str());
  cr_assert(SSL_renegotiate(client.ssl()) == 1);
  bool answered = false;
  turn_until(target.loop, [&] {
    ERR_clear_error();
    const int done = SSL_do_handshake(client.ssl());
    answered = done != 1 && SSL_get_error(client.ssl(), done) == SSL_ERROR_SSL;
    return answered || target.end.closed();
  });
  cr_expect(answered);
  cr_expect(ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION);
  ERR_clear_error();
}

Test(tls_hostile, a_flood_of_empty_records_is_cut_off) {
  Target target;
  RawClient client(std::move(target.pair.peers), TLS1_2_VERSION);
  client.open(target.loop);
  turn_until(target.loop, [&] { return target.end.opened(); });
  // A record of TLS 1.2 without content, encrypted by OpenSSL: a fragment that it writes before CBC
  // suites. GCM has none, so the header alone is sent: its content cannot be decrypted.
  Peer peer(std::move(client.socket()));
  std::string flood;
  for (int i = 0; i < 200; ++i) flood += std::string("\x17\x03\x03\x00\x00", 5);
  (void)peer.offer(flood);
  target.until_closed();
  cr_expect(target.end.reason == CloseReason::transport_error, "%s", target.end.why().c_str());
}

Test(tls_hostile, a_flood_of_key_updates_is_bounded) {
  Target target;
  RawClient client(std::move(target.pair.peers), TLS1_3_VERSION);
  client.open(target.loop);
  turn_until(target.loop, [&] { return target.end.opened(); });
  for (int i = 0; i < 500 && !target.end.closed(); ++i) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    ERR_clear_error();
    (void)SSL_do_handshake(client.ssl());
    char byte;
    (void)SSL_read(client.ssl(), &byte, 1);
    target.loop.poll();
  }
  ERR_clear_error();
  // The server answers each, or has ended the connection; it never holds on to them.
  if (!target.end.closed()) {
    Connection* connection = Connection::find(target.loop, target.end.id);
    cr_assert(connection != nullptr);
    cr_expect(connection->queued() == 0);
    (void)SSL_write(client.ssl(), "on", 2);
    turn_until(target.loop, [&] { return target.end.handler.input == "on"; });
  }
}

Test(tls_hostile, a_peer_that_vanishes_after_the_handshake_meets_the_idle_timeout) {
  Authority root;
  const TlsServer server(server_with(root.sign()));
  ConnectionOptions options = over(server.transport());
  options.idle_timeout = std::chrono::milliseconds(1000);
  TlsPair pair(options, over(TlsClient({.ca = root.pem()}).transport("localhost")));
  pair.until_open();
  pair.at(pair.client).pause();
  turn_until(pair.loop(), [&] { return pair.server.closed(); });
  cr_expect(pair.server.reason == CloseReason::idle_timeout, "%s", pair.server.why().c_str());
}

Test(tls_hostile, bytes_that_were_changed_on_the_way_end_the_connection) {
  Target target;
  RawClient client(std::move(target.pair.peers), TLS1_3_VERSION);
  client.open(target.loop);
  turn_until(target.loop, [&] { return target.end.opened(); });
  Peer peer(std::move(client.socket()));
  (void)peer.offer(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  target.until_closed();
  cr_expect(target.end.reason == CloseReason::transport_error);
  cr_expect(target.end.why().find("bad record mac") != std::string::npos, "%s",
            target.end.why().c_str());
}
