// How long a server may take to answer.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <criterion/criterion.h>

#include "protocols/bus/redis_link.h"
#include <sluice/listener.h>

using namespace sluice;

namespace {

// Answers the PING of a link; a test sends everything else.
class Server final : public Protocol {
 public:
  Server(Connection*& place, bool& is_asked) : place_(place), is_asked_(is_asked) {}
  void on_open(Connection& connection) override { place_ = &connection; }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
    if (text.find("PING") != std::string_view::npos) connection.send("+PONG\r\n");
    is_asked_ = text.find("GET") != std::string_view::npos;
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code /*reason*/) override {
    place_ = nullptr;
  }

 private:
  Connection*& place_;
  bool& is_asked_;
};

// A link that waits for the answer to one command.
struct Asking {
  Asking() {
    loop.advance(std::chrono::milliseconds(0));
    while (!is_up) loop.run_once();
    link.send(std::array<std::string_view, 2>{"GET", "x"},
              [this](const RedisValue& value) { answer = value.text; });
    while (!is_asked) loop.run_once();
  }
  // The link has received it.
  void serve(std::string_view text) {
    const std::uint64_t before = loop.counters().bytes_in;
    server->send(text);
    while (loop.counters().bytes_in < before + text.size()) loop.run_once();
  }

  Connection* server = nullptr;  // before the loop, whose connections refer to it
  bool is_asked = false;
  Loop loop{LoopOptions{.virtual_time = true}};
  Listener listener{loop, Endpoint::from("tcp://127.0.0.1:0"),
                    [this](const Address&) { return std::make_unique<Server>(server, is_asked); },
                    ListenerOptions{}};
  bool is_up = false;
  std::string why;
  std::string answer;
  RedisLink link{loop,
                 {.address = listener.endpoint().address()},
                 {[this] { is_up = true; }, [this](const std::string& text) { why = text; }}};
};

}  // namespace

Test(redis_link, an_answer_may_take_long_as_long_as_bytes_of_it_arrive) {
  Asking asking;
  asking.serve("$6\r\n");
  for (const char* const part : {"ab", "cd", "ef"}) {
    asking.loop.advance(RedisLink::kAnswerTime - std::chrono::milliseconds(1));
    asking.serve(part);
  }
  asking.serve("\r\n");
  cr_expect(asking.why.empty(), "%s", asking.why.c_str());
  cr_expect(asking.answer == "abcdef");
  asking.loop.advance(2 * RedisLink::kAnswerTime);
  cr_expect(asking.link.is_up(), "it waits for nothing");
}

Test(redis_link, a_server_that_says_nothing_more_breaks_the_link) {
  Asking asking;
  asking.serve("$6\r\nabc");
  asking.loop.advance(RedisLink::kAnswerTime);
  cr_expect(!asking.link.is_up());
  cr_expect(asking.why == "no answer for 5 s", "%s", asking.why.c_str());
}
