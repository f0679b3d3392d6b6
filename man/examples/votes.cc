// Counts votes: each line is a vote, and the answer is the new count.
#include <csignal>
#include <cstdio>
#include <map>
#include <string>

#include <sluice/framed.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/signals.h>

constexpr std::size_t kMaxNames = 1000;

int main(int argc, char** argv) {
  const char* where = argc > 1 ? argv[1] : "tcp://127.0.0.1:7009";
  std::map<std::string, unsigned> votes;
  sluice::Framing lines("line", {.limit = 80});
  const auto vote = [&votes](sluice::Connection& voter,
                             sluice::Framing& framing,
                             std::span<const std::byte> line) {
    std::string text(reinterpret_cast<const char*>(line.data()),
                     line.size());
    if (votes.contains(text) || votes.size() < kMaxNames)
      text += ": " + std::to_string(++votes[text]);
    else
      text = "there are too many names";
    framing.send(voter, std::as_bytes(std::span(text)));
  };
  sluice::ListenerOptions limits;
  limits.max_per_source = 10;
  limits.connection.idle_timeout = std::chrono::minutes(1);
  sluice::Loop loop;
  const sluice::Listener listener(loop, sluice::Endpoint::from(where),
                                  sluice::framed(lines, vote), limits);
  const sluice::Signal terminate(
      loop, SIGTERM, [&loop] { loop.drain(std::chrono::seconds(5)); });
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
}
