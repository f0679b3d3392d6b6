// A chat with two doors: plain lines, and IRC.
#include <cstdio>
#include <exception>

#include <sluice/chat.h>
#include <sluice/irc.h>
#include <sluice/listener.h>
#include <sluice/loop.h>

using sluice::Endpoint;

int main(int argc, char** argv) try {
  const char* lines = argc > 1 ? argv[1] : "tcp://127.0.0.1:9000";
  const char* clients = argc > 2 ? argv[2] : "tcp://127.0.0.1:6667";
  sluice::Loop loop;
  sluice::Chat chat(loop);
  sluice::Irc irc(chat, {.network = "example"});
  const sluice::Listener door(loop, Endpoint::from(lines), chat.factory());
  const sluice::Listener other(loop, Endpoint::from(clients),
                               irc.factory());
  std::printf("listening %s\n", door.endpoint().to_string().c_str());
  std::printf("listening %s\n", other.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "irc: %s\n", error.what());
  return 1;
}
