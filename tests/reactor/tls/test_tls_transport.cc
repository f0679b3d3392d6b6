#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "support/tls_pair.h"
#include <sluice/payload.h>
#include <sluice/tls_error.h>
#include <sluice/tls_transport.h>

using namespace sluice;
using namespace sluice::test;

namespace {

struct World {
  Authority root;
  TlsServer server{server_with(root.sign())};
  TlsClient client{{.ca = root.pem()}};
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

// Sends back what it gets.
void make_echo(TlsEnd& end) {
  end.handler.data = [](Connection& connection, std::string_view in) {
    connection.send(in);
    return in.size();
  };
}

}  // namespace

Test(tls_transport, carries_bytes_both_ways_and_says_what_was_negotiated) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  make_echo(pair.server);
  pair.until_open();
  cr_expect(pair.server.version == "TLSv1.3" && pair.client.version == "TLSv1.3");
  cr_expect(pair.client.cipher.starts_with("TLS_AES_"), "%s", pair.client.cipher.c_str());
  cr_expect(pair.server.sni == "localhost", "%s", pair.server.sni.c_str());
  cr_expect(pair.client.verified && pair.client.peer_name == "localhost");
  cr_expect(!pair.server.verified && pair.server.peer_name.empty());
  pair.at(pair.client).send("hello");
  turn_until(pair.loop(), [&] { return pair.client.handler.input == "hello"; });
  cr_expect(pair.at(pair.client).bytes_out() == 5 && pair.at(pair.server).bytes_in() == 5);
}

Test(tls_transport, keeps_the_order_of_more_than_the_socket_holds) {
  World world;
  ConnectionOptions reading = over(world.client.transport("localhost"));
  reading.keep_reading = true;  // or both would wait for the other to read
  TlsPair pair(over(world.server.transport()), reading);
  make_echo(pair.server);
  pair.until_open();
  const std::string sent = pattern(3'000'000);
  pair.at(pair.client).send(sent);
  turn_until(pair.loop(), [&] { return pair.client.handler.input.size() >= sent.size(); });
  cr_expect(pair.client.handler.input == sent);
}

Test(tls_transport, joins_small_parts_and_repeats_a_write_that_was_cut_off) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  pair.until_open();
  // The peer reads only later, so that writes end in the middle of records.
  pair.at(pair.client).pause();
  std::string sent;
  for (int i = 0; i < 3000; ++i) {
    const std::string part = pattern(static_cast<std::size_t>(i % 700 + 1));
    sent += part;
    if (i % 3 == 0) {
      pair.at(pair.server).send(Payload::copy(part));
    } else {
      pair.at(pair.server).send(part);
    }
    if (i % 100 == 0) pair.loop().poll();
  }
  cr_expect(pair.at(pair.server).queued() > 0, "nothing waits: the test tests nothing");
  pair.at(pair.client).resume();
  turn_until(pair.loop(), [&] { return pair.client.handler.input.size() >= sent.size(); });
  cr_expect(pair.client.handler.input == sent);
}

Test(tls_transport, takes_no_error_that_the_program_has_left_for_one_of_its_own) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  make_echo(pair.server);
  // Before each turn, also those in which a call finds that it has to wait.
  const auto turn_with_errors_until = [&pair](const auto& done) {
    turn_until(pair.loop(), [&done] {
      ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
      return done();
    });
  };
  turn_with_errors_until(
      [&] { return !pair.client.version.empty() && !pair.server.version.empty(); });
  pair.at(pair.client).send("hello");
  turn_with_errors_until([&] { return pair.client.handler.input == "hello"; });
  pair.at(pair.client).close();
  turn_with_errors_until([&] { return pair.server.closed(); });
  cr_expect(!pair.server.handler.last_reason, "%s", pair.server.why().c_str());
}

Test(tls_transport, ends_in_order_when_either_side_closes) {
  for (const bool by_server : {true, false}) {
    World world;
    TlsPair pair(world.server.transport(), world.client.transport("localhost"));
    pair.until_open();
    pair.at(by_server ? pair.server : pair.client).close();
    pair.until_closed();
    cr_expect(!pair.server.handler.last_reason, "%s", pair.server.why().c_str());
    cr_expect(!pair.client.handler.last_reason, "%s", pair.client.why().c_str());
  }
}

Test(tls_transport, goes_on_receiving_after_it_has_ended_its_own_side) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  pair.server.handler.eof = [](Connection& connection) {
    connection.send("an answer to the end");
    connection.close();
  };
  pair.until_open();
  pair.at(pair.client).send("a question");
  pair.at(pair.client).shutdown();
  pair.until_closed();
  cr_expect(pair.server.handler.input == "a question");
  cr_expect(pair.client.handler.input == "an answer to the end");
  cr_expect(pair.client.reason == CloseReason::peer_closed, "%s", pair.client.why().c_str());
}

Test(tls_transport, tells_a_cut_from_an_orderly_end) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  pair.until_open();
  pair.at(pair.client).send("half of a mess");
  turn_until(pair.loop(), [&] { return !pair.server.handler.input.empty(); });
  pair.at(pair.client).abort();
  pair.until_closed();
  cr_expect(pair.server.reason == CloseReason::transport_error);
  cr_expect(pair.server.handler.last_reason == TlsErrc::truncated, "%s", pair.server.why().c_str());
  cr_expect(pair.server.why() == "the peer closed without close_notify");
}

Test(tls_transport, reports_an_end_in_the_handshake_as_a_failed_opening) {
  World world;
  TlsEnd server;
  Loop loop;
  Pair pair = unix_pair();
  Connection::adopt(loop, std::move(pair.ours), server.handler, over(world.server.transport()));
  pair.peers.reset();
  turn_until(loop, [&] { return server.closed(); });
  cr_expect(server.reason == CloseReason::open_failed && !server.opened());
  cr_expect(world.server.handshakes() == 0);
}

Test(tls_transport, reads_everything_that_one_event_brought) {
  World world;
  ConnectionOptions small = over(world.server.transport());
  small.max_read = 10;  // less than a record: the rest of it makes no event
  TlsPair slow(small, over(world.client.transport("localhost")));
  slow.until_open();
  slow.at(slow.client).send(pattern(1000));
  turn_until(slow.loop(), [&] { return slow.server.handler.input.size() == 1000; });
  cr_expect(slow.server.handler.input == pattern(1000));
}

Test(tls_transport, shows_the_certificate_of_its_peer) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  pair.until_open();
  const auto shown = TlsTransport::of(pair.at(pair.client))->peer_certificate();
  cr_assert(shown.has_value());
  cr_expect(shown->serial == world.server.certificate().serial);
  cr_expect(shown->subject == "CN=leaf" && shown->issuer == "CN=root");
  cr_expect(shown->not_after > std::chrono::system_clock::now());
  cr_expect(!TlsTransport::of(pair.at(pair.server))->peer_certificate().has_value());
}

Test(tls_transport, is_absent_on_a_plain_socket) {
  Handler handler;
  Loop loop;
  Pair pair = unix_pair();
  Connection& plain = Connection::adopt(loop, std::move(pair.ours), handler);
  cr_expect(TlsTransport::of(plain) == nullptr);
}

Test(tls_transport, sends_a_file_by_reading_it) {
  World world;
  TlsPair pair(world.server.transport(), world.client.transport("localhost"));
  pair.until_open();
  const std::string text = pattern(3'000'000);
  Fd file(::memfd_create("file", MFD_CLOEXEC));
  cr_assert(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  pair.at(pair.server).send("head;");
  pair.at(pair.server).send(Payload::file(std::move(file), 0, text.size()));
  pair.at(pair.server).send(";tail");
  turn_until(pair.loop(), [&] { return pair.client.handler.input.size() == text.size() + 10; });
  cr_expect(pair.client.handler.input == "head;" + text + ";tail");
}
