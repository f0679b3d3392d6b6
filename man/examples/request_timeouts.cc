// A client with many requests under way, each of which has its own deadline.
#include <chrono>
#include <cstdio>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/memory_peer.h>
#include <sluice/timer.h>

using sluice::Connection;
using namespace std::chrono_literals;

namespace {

// Sends lines "NUMBER TEXT", and gets lines "NUMBER ANSWER" in any order.
class Client final : public sluice::Protocol {
 public:
  using Answer = std::function<void(std::string_view)>;  // empty: too late

  explicit Client(sluice::Loop& loop)
      : loop_(loop), timer_(loop, [this] { expire(); }) {}
  void on_open(Connection& server) override { server_ = &server; }

  void ask(std::string_view text, Answer answer) {
    const unsigned number = ++last_;
    server_->send(std::to_string(number), " ", text, "\n");
    // All requests have the same timeout, so the first is due first, and one
    // timer serves them all. An answered one stays until then.
    waiting_.push_back({number, loop_.now() + 2s, std::move(answer)});
    if (!timer_.running()) timer_.start(2s);
  }

  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    const std::string_view text(chars, in.size());
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != text.npos;
         end = text.find('\n', begin)) {
      take(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return begin;
  }

 private:
  struct Request {
    unsigned number;
    sluice::TimePoint due;
    Answer answer;  // empty when it has been called
  };

  void take(std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == line.npos) return;
    for (Request& request : waiting_) {
      if (std::to_string(request.number) != line.substr(0, space)) continue;
      if (const Answer answer = std::exchange(request.answer, {})) {
        answer(line.substr(space + 1));
      }
      return;
    }  // else it is too late: nobody waits for it any more
  }
  void expire() {
    while (!waiting_.empty() && waiting_.front().due <= loop_.now()) {
      const Request late = std::move(waiting_.front());
      waiting_.pop_front();
      if (late.answer) late.answer({});
    }
    if (waiting_.empty()) return;
    timer_.start(std::chrono::ceil<std::chrono::milliseconds>(
        waiting_.front().due - loop_.now()));
  }

  sluice::Loop& loop_;
  Connection* server_ = nullptr;
  unsigned last_ = 0;
  std::deque<Request> waiting_;
  sluice::Timer timer_;
};

}  // namespace

int main() {
  sluice::LoopOptions options;
  options.virtual_time = true;  // this program shows minutes in no time
  sluice::Loop loop(options);
  auto owned = std::make_unique<Client>(loop);
  Client& client = *owned;
  sluice::MemoryPeer server(loop, std::move(owned));

  const auto show = [](const char* question) {
    return [question](std::string_view answer) {
      std::printf(
          "%s %s\n", question,
          answer.empty() ? "too late" : std::string(answer).c_str());
    };
  };
  client.ask("name?", show("name?"));
  client.ask("colour?", show("colour?"));
  server.advance(1s);
  client.ask("size?", show("size?"));
  server.settle();
  std::printf("%s", server.received().c_str());

  server.send("2 blue\n");
  server.advance(1s);         // the time of the first one is over
  server.send("1 sluice\n");  // and this is for nobody
  server.send("3 small\n");
  server.advance(1min);
}
