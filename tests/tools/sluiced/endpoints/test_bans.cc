// Bans: which peers they hold, for how long, and how many there may be.
#include <chrono>
#include <optional>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluiced/endpoints/bans.h"

using namespace sluice;
using sluice::tools::daemon::Bans;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Address at(const std::string& text) { return *Address::from_ip(text, 1234); }

struct World {
  Loop loop{LoopOptions{.virtual_time = true}};
  Bans bans{loop};

  bool add(const std::string& text, std::optional<milliseconds> time = {}) {
    return bans.add(Source(at(text)), time);
  }
  std::size_t count() const {
    std::size_t count = 0;
    bans.each([&count](const Source&, std::optional<milliseconds>) { ++count; });
    return count;
  }
};

}  // namespace

Test(bans, hold_an_ipv4_address_and_the_network_of_an_ipv6_address) {
  World world;
  cr_expect(!world.bans.has(at("192.0.2.1")));
  cr_expect(world.add("192.0.2.1"));
  cr_expect(world.add("2001:db8::1"));
  cr_expect(world.bans.has(at("192.0.2.1")));
  cr_expect(world.bans.has(at("::ffff:192.0.2.1")));
  cr_expect(!world.bans.has(at("192.0.2.2")));
  cr_expect(world.bans.has(at("2001:db8::ffff:1")));
  cr_expect(!world.bans.has(at("2001:db8:0:1::1")));
  cr_expect(!world.bans.has(*Address::from_path("/tmp/x")));
}

Test(bans, end_after_their_time_and_not_before) {
  World world;
  cr_expect(world.add("192.0.2.1", seconds(10)));
  world.loop.advance(seconds(10) - milliseconds(1));
  cr_expect(world.bans.has(at("192.0.2.1")));
  world.loop.advance(milliseconds(1));
  cr_expect(!world.bans.has(at("192.0.2.1")));
  cr_expect(world.count() == 0);
  cr_expect(!world.bans.remove(Source(at("192.0.2.1"))));
}

Test(bans, are_replaced_by_a_second_one_of_the_source) {
  World world;
  cr_expect(world.add("192.0.2.1", seconds(10)));
  cr_expect(world.add("192.0.2.1"));
  world.loop.advance(seconds(11));
  cr_expect(world.bans.has(at("192.0.2.1")));
  cr_expect(world.bans.remove(Source(at("192.0.2.1"))));
  cr_expect(!world.bans.has(at("192.0.2.1")));
}

Test(bans, say_how_long_they_last) {
  World world;
  cr_expect(world.add("192.0.2.1", seconds(10)));
  world.loop.advance(seconds(4));
  world.bans.each([](const Source& source, std::optional<milliseconds> left) {
    cr_expect(source.to_string() == "192.0.2.1");
    cr_expect(left == seconds(6));
  });
}

Test(bans, are_at_most_so_many_that_are_not_over) {
  World world;
  for (std::size_t i = 0; i < Bans::kMaxBans; ++i) {
    const std::string text = "10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256);
    cr_assert(world.add(text, i == 0 ? std::optional<milliseconds>(seconds(5)) : std::nullopt));
  }
  cr_expect(!world.add("192.0.2.1"));
  cr_expect(world.add("10.0.0.1", seconds(60)), "it is in the table already");
  world.loop.advance(seconds(5));
  cr_expect(world.add("192.0.2.1"));
  cr_expect(world.count() == Bans::kMaxBans);
}
