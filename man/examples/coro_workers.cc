// Two workers serve clients one after another; a third client waits for a free worker.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <sluice/coro.h>
#include <sluice/loop.h>

using namespace std::chrono_literals;
using sluice::Loop;
namespace co = sluice::co;

namespace {

co::Conversation worker(co::Acceptor& acceptor) {
  while (auto client = co_await acceptor.accept()) {
    const auto question = co_await client.peer.read(10s);
    co_await client.peer.write("you said " + std::string(question.text()),
                               10s);
  }
  std::puts("a worker ends");
}

co::Conversation client(Loop& loop, std::string target, int& answers) {
  auto server = co_await co::connect(loop, target);
  co_await server.peer.write("hello");
  const auto answer = co_await server.peer.read(10s);
  if (answer.text() == "you said hello") ++answers;
  if (answers == 3) loop.drain(1s);
}

}  // namespace

int main() try {
  Loop loop;
  co::Acceptor acceptor(loop, sluice::Endpoint::from("tcp://127.0.0.1:0"));
  int answers = 0;
  std::vector<co::Conversation> all;
  for (int i = 0; i < 2; ++i) all.push_back(worker(acceptor));
  for (int i = 0; i < 3; ++i) {
    all.push_back(
        client(loop, acceptor.listener().endpoint().to_string(), answers));
  }
  for (co::Conversation& each : all) each.start();
  loop.run();
  std::printf("%d answers\n", answers);
} catch (const std::exception& error) {
  std::fprintf(stderr, "coro_workers: %s\n", error.what());
  return 1;
}
