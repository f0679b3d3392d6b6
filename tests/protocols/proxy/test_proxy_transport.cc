// The transports of the PROXY protocol: a header in pieces, who is admitted, what follows the
// header, the deadline, and an inner transport.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/proxy/proxy_transport.h"
#include "protocols/small/echo.h"
#include "support/streams.h"
#include "support/xor_transport.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

namespace {

const std::string kHeader = "PROXY TCP4 192.0.2.1 127.0.0.1 49152 8080\r\n";

class Gate final : public ProxyGate {
 public:
  bool admits = true;
  std::vector<std::string> calls;

  bool admit(const Address& client) override {
    calls.push_back("admit " + client.to_string());
    return admits;
  }
  void leave(const Address& client) noexcept override {
    calls.push_back("leave " + client.to_string());
  }
  void on_rejected(const Address& proxy, std::string_view why) override {
    calls.push_back(proxy.to_string() + ' ' + std::string(why));
  }
};

using Calls = std::vector<std::string>;

struct World {
  Gate gate;
  Handler handler;
  ConnectionOptions options;
  std::unique_ptr<MemoryPeer> peer;

  explicit World(TransportFactory inner = {}) {
    options.transport = read_proxy_headers(gate, std::move(inner));
    options.open_timeout = milliseconds(1000);
    handler.data = [](Connection& connection, std::string_view text) {
      connection.send(text);
      return text.size();
    };
  }
  MemoryPeer& open() {
    peer = std::make_unique<MemoryPeer>(ProtocolRef(handler), options);
    return *peer;
  }
};

}  // namespace

Test(proxy_transport, the_peer_is_the_one_that_the_header_names) {
  World world;
  MemoryPeer& peer = world.open();
  cr_expect(!peer.connection().opened());
  cr_expect(peer.connection().peer().to_string() == "127.0.0.1:49152", "the proxy");
  peer.send(kHeader + "hello");
  cr_expect(peer.received() == "hello");
  cr_expect(peer.connection().peer().to_string() == "192.0.2.1:49152");
  cr_expect(peer.connection().socket_peer().to_string() == "127.0.0.1:49152");
  peer.end();
  cr_expect(peer.closed() && !world.handler.last_reason);
  cr_expect(world.gate.calls == Calls({"admit 192.0.2.1:49152", "leave 192.0.2.1:49152"}));
}

Test(proxy_transport, a_header_may_come_byte_by_byte) {
  World world;
  MemoryPeer& peer = world.open();
  peer.send(kHeader + "hello", 1);
  cr_expect(peer.received() == "hello");
}

Test(proxy_transport, a_proxy_that_speaks_for_itself_is_the_peer) {
  World world;
  MemoryPeer& peer = world.open();
  peer.send("PROXY UNKNOWN\r\nhello");
  cr_expect(peer.received() == "hello");
  cr_expect(peer.connection().peer().to_string() == "127.0.0.1:49152");
  peer.end();
  cr_expect(world.gate.calls == Calls({"admit 127.0.0.1:49152", "leave 127.0.0.1:49152"}));
}

Test(proxy_transport, without_a_header_nothing_reaches_the_handler) {
  World world;
  MemoryPeer& peer = world.open();
  peer.send("hello");
  cr_expect(peer.closed() && peer.close_reason() == CloseReason::open_failed);
  cr_expect(world.handler.last_reason == std::errc::protocol_error);
  cr_expect(world.handler.journal.starts_with("close"), "%s", world.handler.journal.c_str());
  cr_expect(world.handler.input.empty() && peer.received().empty());
  cr_expect(world.gate.calls == Calls({"127.0.0.1:49152 no PROXY header"}));
}

Test(proxy_transport, a_client_that_is_not_admitted_is_closed_and_does_not_leave) {
  World world;
  world.gate.admits = false;
  MemoryPeer& peer = world.open();
  peer.send(kHeader + "hello");
  cr_expect(peer.closed() && peer.close_reason() == CloseReason::open_failed);
  cr_expect(world.handler.last_reason == std::errc::permission_denied);
  cr_expect(world.handler.input.empty());
  world.peer.reset();
  cr_expect(world.gate.calls == Calls({"admit 192.0.2.1:49152"}));
}

Test(proxy_transport, a_proxy_that_closes_without_a_word_is_not_reported) {
  World world;
  MemoryPeer& peer = world.open();
  peer.end();
  cr_expect(peer.closed() && peer.close_reason() == CloseReason::open_failed);
  cr_expect(world.gate.calls.empty());
}

Test(proxy_transport, the_deadline_of_the_handshake_includes_the_header) {
  World world;
  MemoryPeer& peer = world.open();
  for (int i = 0; i < 3; ++i) {
    peer.send(kHeader.substr(static_cast<std::size_t>(i), 1));
    peer.advance(milliseconds(400));
  }
  cr_expect(peer.closed() && peer.close_reason() == CloseReason::open_timeout);
}

Test(proxy_transport, an_inner_transport_begins_after_the_header) {
  World world(make_xor);
  MemoryPeer& peer = world.open();
  peer.send(kHeader);
  XorPeer end(peer);
  end.send("hello");
  cr_expect(end.received() == "hello");
  cr_expect(peer.connection().transport()->inner() != nullptr);
  cr_expect(peer.connection().peer().to_string() == "192.0.2.1:49152");
}

Test(proxy_transport, an_inner_transport_gets_the_clients_address_and_may_refuse) {
  std::string seen;
  World world([&seen](Wire /*wire*/, const Address& peer) -> std::unique_ptr<Transport> {
    seen = peer.to_string();
    return nullptr;
  });
  MemoryPeer& peer = world.open();
  peer.send(kHeader);
  cr_expect(peer.closed() && peer.close_reason() == CloseReason::open_failed);
  cr_expect(seen == "192.0.2.1:49152");
  world.peer.reset();
  cr_expect(world.gate.calls.back() == "leave 192.0.2.1:49152");
}

Test(proxy_transport, a_writer_sends_the_header_first_over_a_socket) {
  Handler handler;
  Gate gate;
  Handler client;
  Loop loop;
  Pair pair = tcp_pair();
  ConnectionOptions reading;
  reading.transport = read_proxy_headers(gate);
  ConnectionOptions plain;
  plain.transport = write_proxy_header(ProxyVersion::v1);
  client.open = [](Connection& connection) { connection.send("hello"); };
  Connection& from = Connection::adopt(loop, std::move(pair.peers), client, plain);
  const std::string own = from.local().to_string();
  Connection& to = Connection::adopt(loop, std::move(pair.ours), handler, reading);
  turn_until(
      loop, [&handler] { return handler.input == "hello"; }, "the bytes after the header");
  cr_expect(to.peer().to_string() == own);
}

Test(proxy_transport, a_proxy_names_its_client_before_an_inner_transport_begins) {
  Handler handler;
  ConnectionOptions options;
  const Address client = *Address::from_ip("192.0.2.1", 49152);
  const Address here = *Address::from_ip("127.0.0.1", 8080);
  options.transport = write_proxy_header(ProxyVersion::v1, client, here, make_xor);
  MemoryPeer peer(ProtocolRef(handler), options);
  const std::string sent = peer.received();
  cr_expect(sent.starts_with(kHeader), "%s", sent.c_str());
  cr_expect(sent.size() > kHeader.size(), "the inner transport's hello follows");
}
