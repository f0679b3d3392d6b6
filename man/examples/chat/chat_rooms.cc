// A chat with its own rules, and a member without a connection, which
// prints all lines of the first room.
#include <cstdio>
#include <exception>

#include <sluice/chat.h>
#include <sluice/chat_lines.h>
#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>

namespace {

class Scribe final : public sluice::ChatOutlet {
 public:
  void deliver(const sluice::Payload& block) override {
    std::fwrite(block.bytes().data(), 1, block.size(), stdout);
    std::fflush(stdout);
  }
  void on_dismissed() override {}
};

}  // namespace

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "tcp://127.0.0.1:9000";
  sluice::ChatOptions options;
  options.rules.lobby = "hall";
  options.rules.greeting = "Welcome to the hall.";
  options.rules.max_members = 100;
  options.rate = sluice::TokenRate::of(5, std::chrono::seconds(1), 20);
  sluice::ListenerOptions connections;
  connections.connection.idle_timeout = std::chrono::hours(1);

  sluice::Loop loop;
  sluice::Chat chat(loop, options);  // must be destroyed before the loop
  const auto endpoint = sluice::Endpoint::from(where);
  const sluice::Listener listener(loop, endpoint, chat.factory(),
                                  connections);
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());

  Scribe scribe;
  sluice::ChatLines lines(chat.house());
  sluice::ChatMember* const member = lines.enter(scribe, "scribe");
  loop.run();
  chat.house().leave(*member, "the server stops");
} catch (const std::exception& error) {
  std::fprintf(stderr, "chat_rooms: %s\n", error.what());
  return 1;
}
