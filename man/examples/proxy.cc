// A proxy: passes what reaches LISTEN on to UPSTREAM, and back.
#include <cstdio>
#include <exception>

#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/relay.h>
#include <sluice/resolver.h>

using namespace sluice;

struct Unread : Protocol {
  std::size_t on_data(Connection&, std::span<const std::byte>) override {
    return 0;
  }
};

struct Upstream final : Unread {
  explicit Upstream(Connection& of) : client(of) {}
  void on_open(Connection& upstream) override {
    relay(client, upstream);
    client.resume();
  }
  Connection& client;
};

struct Client final : Unread {
  Client(Loop& loop, const ConnectorOptions& options, const char* target)
      : connector(loop, options), to(target) {}
  void on_open(Connection& client) override {
    client.pause();
    auto join = [&](auto&) { return std::make_unique<Upstream>(client); };
    connector.connect_to(to, join, [&client](const ConnectError& error) {
      std::fprintf(stderr, "proxy: %s\n", error.message().c_str());
      client.abort();
    });
  }
  Connector connector;  // destroyed with the client: that cancels it
  const char* to;
};

int main(int argc, char** argv) try {
  if (argc != 3)
    return std::fputs("usage: proxy LISTEN UPSTREAM\n", stderr), 2;
  Loop loop;
  Resolver resolver(loop);  // one for all clients
  const ConnectorOptions options{.timeout = std::chrono::seconds(10),
                                 .resolver = &resolver};
  const Listener listener(loop, Endpoint::from(argv[1]), [&](auto&) {
    return std::make_unique<Client>(loop, options, argv[2]);
  });
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "proxy: %s\n", error.what()), 1;
}
