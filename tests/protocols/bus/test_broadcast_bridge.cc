// A text that one Broadcast publishes, and who else sends it.
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/bus/broadcast_bridge.h"
#include "support/hand_bus.h"
#include "support/udp_probe.h"

using namespace sluice;
using namespace sluice::test;

namespace {

// Publishes on loopback, where its port is a target.
struct Speaker {
  explicit Speaker(Loop& loop, ReplyGuard& guard)
      : broadcast(loop, Endpoint::from("udp://0.0.0.0:0"), guard, loopback()) {}
  static BroadcastOptions loopback() {
    BroadcastOptions options;
    options.message = "here";
    options.interface = "lo";
    return options;
  }
  [[nodiscard]] std::uint64_t sent() const { return broadcast.counts().sent; }
  Broadcast broadcast;
};

struct ThreeSpeakers {
  Loop loop{LoopOptions{.virtual_time = true}};
  std::vector<Report> reports;
  ReplyGuard guard{loop};
  HandStream stream;
  HandBus first{stream, "first"};
  HandBus second{stream, "second"};
  BroadcastBridge here{&first};
  BroadcastBridge there{&second};
  Speaker one{loop, guard};
  Speaker two{loop, guard};
  Speaker other{loop, guard};

  ThreeSpeakers() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
    here.add(one.broadcast);
    here.add(two.broadcast);
    there.add(other.broadcast);
  }
  ~ThreeSpeakers() {
    here.remove(one.broadcast);
    here.remove(two.broadcast);
    there.remove(other.broadcast);
  }
  void carry() {
    first.send();
    second.send();
    first.read();
    second.read();
    loop.poll();
  }
};

}  // namespace

Test(broadcast_bridge, a_text_is_sent_here_at_once_and_elsewhere_when_it_comes_from_the_bus) {
  ThreeSpeakers world;
  cr_expect_eq(world.one.broadcast.publish("fire").targets, 1);
  cr_expect_eq(world.one.sent(), 1);
  cr_expect_eq(world.two.sent(), 1);
  cr_expect_eq(world.other.sent(), 0);
  world.carry();
  cr_expect_eq(world.other.sent(), 1);
  cr_expect_eq(world.one.sent(), 1, "its own text is not sent again");
  cr_expect_eq(world.stream.entries.size(), 1);
}

Test(broadcast_bridge, a_text_that_is_refused_goes_nowhere) {
  ThreeSpeakers world;
  cr_expect_not(world.one.broadcast.publish("").error.empty());
  cr_expect_eq(world.first.waiting(), 0);
  cr_expect_eq(world.two.sent(), 0);
}

Test(broadcast_bridge, reports_a_text_of_another_machine_that_cannot_be_sent) {
  ThreeSpeakers world;
  world.stream.entries.push_back({"stranger", 1, std::string(1401, 'x')});
  world.carry();
  cr_assert_not(world.reports.empty());
  cr_expect(world.reports.front().what.find("a text of another host is not sent: the text has 1401"
                                            " bytes; at most 1400 are allowed") !=
            std::string::npos);
}

Test(broadcast_bridge, what_was_published_before_it_came_is_not_sent) {
  ThreeSpeakers world;
  (void)world.one.broadcast.publish("old");
  world.first.send();
  world.second.read(true);
  world.loop.poll();
  cr_expect_eq(world.other.sent(), 0);
}
