// An echo service that moves to a new port on each SIGHUP. Clients of the old
// port get what they are still owed, while those of the new one are served.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iterator>
#include <list>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/signals.h>

class Echo final : public sluice::Protocol {
  std::size_t on_data(sluice::Connection& connection,
                      std::span<const std::byte> in) override {
    connection.send(in);
    return in.size();
  }
};

int main() try {
  Echo echo;
  sluice::Loop loop;
  // The last one serves. Those before it are draining.
  std::list<sluice::Listener> services;
  const auto start = [&] {
    services.emplace_back(loop, sluice::Endpoint::from("tcp://127.0.0.1:0"),
                          echo);
    const auto& endpoint = services.back().endpoint();
    std::printf("listening %s\n", endpoint.to_string().c_str());
    std::fflush(stdout);
  };
  const sluice::Signal move(loop, SIGHUP, [&] {
    const auto old = std::prev(services.end());
    start();  // throws when it fails: then the old one goes on
    old->drain(std::chrono::seconds(30), [&, old] { services.erase(old); });
  });
  const sluice::Signal terminate(
      loop, SIGTERM, [&] { loop.drain(std::chrono::seconds(5)); });
  start();
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "move_service: %s\n", error.what());
  return 1;
}
