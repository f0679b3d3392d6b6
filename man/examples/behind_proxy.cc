// For connections that a proxy passes on: says to each client who it is.
#include <cstdio>
#include <exception>
#include <string>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/proxy_transport.h>

using namespace sluice;

struct Gate final : ProxyGate {
  bool admit(const Address&) override { return true; }
  void leave(const Address&) noexcept override {}
  void on_rejected(const Address& proxy, std::string_view why) override {
    std::fprintf(stderr, "%s: %.*s\n", proxy.to_string().c_str(),
                 static_cast<int>(why.size()), why.data());
  }
};

struct Greeter final : Protocol {
  void on_open(Connection& connection) override {
    connection.send("you are tcp://" + connection.peer().to_string() +
                    "\n");
  }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    return in.size();
  }
};

int main(int argc, char** argv) try {
  if (argc != 2)
    return std::fputs("usage: behind_proxy LISTEN\n", stderr), 2;
  Gate gate;
  Loop loop;
  ListenerOptions options;
  options.connection.transport = read_proxy_headers(gate);
  const Listener listener(
      loop, Endpoint::from(argv[1]),
      [](auto&) { return std::make_unique<Greeter>(); }, options);
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "behind_proxy: %s\n", error.what()), 1;
}
