// A control socket: a Unix socket that answers commands, one per line.
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>

using sluice::Connection;

namespace {

// Each connection has its own handler, which counts its commands.
class Control final : public sluice::Protocol {
 public:
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    const std::string_view text(chars, in.size());
    std::size_t begin = 0;
    std::size_t end = text.find('\n');
    while (end != text.npos) {
      obey(connection, text.substr(begin, end - begin));
      begin = end + 1;
      end = text.find('\n', begin);
    }
    return begin;
  }

 private:
  void obey(Connection& connection, std::string_view command) {
    ++commands_;
    const auto& counters = connection.loop().counters();
    if (command == "open") {
      connection.send(std::to_string(counters.connections_open) + "\n");
    } else if (command == "commands") {
      connection.send(std::to_string(commands_) + "\n");
    } else if (command == "stop") {
      connection.send("stopping\n");
      connection.loop().drain(std::chrono::seconds(1));
    } else {
      connection.send("commands are: open, commands, stop\n");
    }
  }

  int commands_ = 0;
};

void print(const sluice::Report& report) {
  std::fprintf(stderr, "%s: %s\n", report.where.c_str(),
               report.what.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "unix://./control.sock";
  sluice::Loop loop;
  loop.set_reporter(print);
  sluice::ListenerOptions options;
  options.mode = 0600;  // only this user
  options.max_connections = 10;
  options.connection.input_limit = 256;
  options.connection.idle_timeout = std::chrono::minutes(1);
  const sluice::Listener listener(
      loop, sluice::Endpoint::from(where),
      [](const sluice::Address&) { return std::make_unique<Control>(); },
      options);
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "control: %s\n", error.what());
  return 1;
}
