// A proxy: passes what reaches LISTEN on to UPSTREAM, and back. With v1 or v2,
// a header of the PROXY protocol tells UPSTREAM who the client is.
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/proxy_header.h>
#include <sluice/relay.h>
#include <sluice/resolver.h>

using namespace sluice;

using Header = std::optional<ProxyVersion>;

struct Unread : Protocol {
  std::size_t on_data(Connection&, std::span<const std::byte>) override {
    return 0;
  }
};

struct Upstream final : Unread {
  Upstream(Connection& of, Header first) : client(of), header(first) {}
  void on_open(Connection& upstream) override {
    if (header)
      upstream.send(
          make_proxy_header(*header, client.peer(), client.local()));
    relay(client, upstream);
    client.resume();
  }
  Connection& client;
  Header header;
};

struct Client final : Unread {
  Client(Loop& loop, const ConnectorOptions& options, const char* target,
         Header first)
      : connector(loop, options), to(target), header(first) {}
  void on_open(Connection& client) override {
    client.pause();
    auto join = [&](auto&) {
      return std::make_unique<Upstream>(client, header);
    };
    connector.connect_to(to, join, [&client](const ConnectError& error) {
      std::fprintf(stderr, "proxy: %s\n", error.message().c_str());
      client.abort();
    });
  }
  Connector connector;  // destroyed with the client: that cancels it
  const char* to;
  Header header;
};

int main(int argc, char** argv) try {
  const std::string_view word = argc == 4 ? argv[3] : "";
  if (argc < 3 || argc > 4 || (argc == 4 && word != "v1" && word != "v2"))
    return std::fputs("usage: proxy LISTEN UPSTREAM [v1|v2]\n", stderr), 2;
  Header header;
  if (argc == 4)
    header = word == "v1" ? ProxyVersion::v1 : ProxyVersion::v2;
  Loop loop;
  Resolver resolver(loop);  // one for all clients
  const ConnectorOptions options{.timeout = std::chrono::seconds(10),
                                 .resolver = &resolver};
  const Listener listener(loop, Endpoint::from(argv[1]), [&](auto&) {
    return std::make_unique<Client>(loop, options, argv[2], header);
  });
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "proxy: %s\n", error.what()), 1;
}
