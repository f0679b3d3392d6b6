// A bus on a server that the test answers for.
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/bus/redis_bus.h"
#include "protocols/bus/redis_codec.h"
#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/protocol.h>

using namespace sluice;

namespace {

// Answers what a house asks at its start, and then nothing more: a server that is stopped.
class StoppedServer final : public Protocol {
 public:
  void on_open(Connection& /*connection*/) override {}
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    reader_.feed(in);
    while (const auto command = reader_.next()) {
      const std::string& name = command->list.at(0).text;
      if (name == "PING") connection.send("+PONG\r\n");
      if (name == "SET") connection.send("+OK\r\n");
      if (name == "GET") connection.send("$5\r\nepoch\r\n");
      if (name == "XREVRANGE") connection.send("*0\r\n");
      if (name == "XREAD" && !caught_up_) connection.send("*-1\r\n");
      caught_up_ = caught_up_ || name == "XREAD";
    }
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code /*reason*/) override {}

 private:
  RedisReader reader_;
  bool caught_up_ = false;
};

struct World {
  World() {
    // Virtual time: nothing is late while the test waits for the sockets.
    loop.advance(std::chrono::milliseconds(1));  // the links connect
    while (!bus.is_reachable()) loop.poll();
  }
  void publish(std::size_t messages) {
    for (; messages > 0; --messages) bus.publish("text");
    loop.poll();
  }
  Loop loop{LoopOptions{.virtual_time = true}};
  Listener server{loop, Endpoint::from("tcp://127.0.0.1:0"),
                  [](const Address&) { return std::make_unique<StoppedServer>(); }};
  RedisBus bus{loop, {.server = {.address = server.endpoint().address()}}};
};

constexpr auto kMost = RedisBus::kPatience - std::chrono::milliseconds(300);

}  // namespace

Test(redis_bus, is_not_reachable_when_a_message_has_not_come_back_for_a_second) {
  World world;
  world.publish(1);
  world.loop.advance(kMost);
  cr_expect(world.bus.is_reachable());
  world.loop.advance(kMost);
  cr_expect_not(world.bus.is_reachable());
}

Test(redis_bus, is_not_reachable_either_when_that_message_was_lost_above_the_bound) {
  World world;
  for (int i = 0; i < 2; ++i) {
    world.publish(RedisBus::kMaxWaiting + 1);
    cr_expect(world.bus.is_reachable());
    world.loop.advance(kMost);
  }
  cr_expect_not(world.bus.is_reachable(), "those that wait now are younger");
}
