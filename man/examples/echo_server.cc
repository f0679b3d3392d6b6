// An echo server: sends all input back, until SIGINT or SIGTERM.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/signals.h>

class Echo final : public sluice::Protocol {
  std::size_t on_data(sluice::Connection& connection,
                      std::span<const std::byte> in) override {
    connection.send(in);
    return in.size();  // everything is consumed
  }
};

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "tcp://127.0.0.1:7007";
  Echo echo;          // shared by all connections: must outlive the loop
  sluice::Loop loop;  // must outlive the listener and the signals
  const auto endpoint = sluice::Endpoint::from(where);
  const sluice::Listener listener(loop, endpoint, echo);
  const auto finish = [&loop] { loop.drain(std::chrono::seconds(5)); };
  const sluice::Signal interrupt(loop, SIGINT, finish);
  const sluice::Signal terminate(loop, SIGTERM, finish);
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "echo_server: %s\n", error.what());
  return 1;
}
