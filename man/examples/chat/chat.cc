// A chat: sends whole lines from one member to all others.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/payload.h>

using sluice::Connection;

namespace {

// All connections share one handler, which holds the list of members.
class Room final : public sluice::Protocol {
 public:
  void on_open(Connection& member) override { members_.push_back(&member); }

  std::size_t on_data(Connection& from,
                      std::span<const std::byte> in) override {
    const auto after = std::find(in.rbegin(), in.rend(), std::byte{'\n'});
    const auto size = static_cast<std::size_t>(in.rend() - after);
    if (size == 0) return 0;  // no whole line yet: on_data() gets it again
    // One block for all lines of this read and for all receivers. send()
    // runs no callback, so members_ does not change in this loop.
    const auto lines = sluice::Payload::copy(in.first(size));
    for (Connection* member : members_) {
      if (member != &from) member->send(lines);
    }
    return size;
  }

  // The reference to a Connection must not be kept after this.
  void on_close(Connection& member, std::error_code reason) override {
    std::erase(members_, &member);
    if (!reason) return;  // closed in order
    std::printf("a member was cut: %s\n", reason.message().c_str());
    std::fflush(stdout);
  }

 private:
  std::vector<Connection*> members_;
};

}  // namespace

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "tcp://127.0.0.1:7008";
  sluice::ListenerOptions options;
  options.max_connections = 1000;
  options.connection.input_limit = 4096;         // the longest line
  options.connection.queue_limit = 1024 * 1024;  // a slow member is cut
  Room room;
  sluice::Loop loop;
  const auto endpoint = sluice::Endpoint::from(where);
  const sluice::Listener listener(loop, endpoint, room, options);
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "chat: %s\n", error.what());
  return 1;
}
