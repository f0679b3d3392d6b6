// A client and a server, in one program and as coroutines.
#include <cstdio>
#include <exception>
#include <string>

#include <sluice/coro.h>
#include <sluice/listener.h>
#include <sluice/loop.h>

using namespace std::chrono_literals;
using sluice::Loop;
namespace co = sluice::co;

namespace {

// The server: answers questions of four bytes, after some thought.
co::Conversation think(co::Peer peer) {
  Loop& loop = peer.connection().loop();
  while (const auto question = co_await peer.read_exactly(4, 10s)) {
    const std::string answer = "is " + std::string(question.text()) + "\n";
    co_await co::sleep(loop, 10ms);  // from here on `question` is not valid
    co_await peer.write(answer);
  }
}

// The client.
co::Conversation ask(Loop& loop, std::string target) {
  sluice::ConnectorOptions options;
  options.timeout = 5s;
  auto server = co_await co::connect(loop, target, options);
  if (!server) {
    std::fprintf(stderr, "coro: %s\n", server.error.message().c_str());
  }
  for (const char* question : {"2+2?", "why?"}) {
    co_await server.peer.write(question);
    const auto answer = co_await server.peer.read(1s);
    if (!answer) break;
    std::printf("%s %.*s", question, static_cast<int>(answer.bytes.size()),
                answer.text().data());
  }
  loop.stop();
}

}  // namespace

int main() try {
  Loop loop;
  const sluice::Listener listener(
      loop, sluice::Endpoint::from("tcp://127.0.0.1:0"), co::serve(think));
  co::Conversation client = ask(loop, listener.endpoint().to_string());
  client.start();
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "coro: %s\n", error.what());
  return 1;
}
