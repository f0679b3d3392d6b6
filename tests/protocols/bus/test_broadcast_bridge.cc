// A text that one Broadcast publishes, and who else sends it.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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
  explicit Speaker(Loop& loop, ReplyGuard& guard,
                   DatagramBinding local = Endpoint::from("udp://0.0.0.0:0"))
      : broadcast(loop, std::move(local), guard, loopback()) {}
  static BroadcastOptions loopback() {
    BroadcastOptions options;
    options.message = "here";
    options.interface = "lo";
    return options;
  }
  [[nodiscard]] std::uint64_t sent() const { return broadcast.counts().sent; }
  Broadcast broadcast;
};

// The first datagram fails, after which its socket sends nothing until the end of the turn.
struct Stuck {
  Stuck(Loop& loop, ReplyGuard& guard) : speaker(loop, guard, Fd(::dup(socket.get()))) {
    set_broadcast(0);
  }
  void allow() const { set_broadcast(1); }
  [[nodiscard]] const DatagramCounters& traffic() const { return speaker.broadcast.traffic(); }
  static Fd open() {
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const Address local = Address::any(AF_INET, 0);
    cr_assert_eq(::bind(socket.get(), local.data(), local.size()), 0);
    return socket;
  }
  void set_broadcast(int on) const {
    cr_assert_eq(::setsockopt(socket.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
  }
  Fd socket = open();
  Speaker speaker;
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
  // Texts of a machine that is not here come to the second one in one turn.
  void arrive(std::uint64_t texts, const std::string& text) {
    for (; texts > 0; --texts) {
      stream.entries.push_back({"stranger", stream.entries.size() + 1, text});
    }
    second.read();
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

Test(broadcast_bridge, a_backlog_that_does_not_fit_into_the_send_queue_is_sent_to_the_end) {
  constexpr std::uint64_t kTexts = 3'000;
  ThreeSpeakers world;
  Stuck stuck(world.loop, world.guard);
  world.there.add(stuck.speaker.broadcast);
  world.arrive(DatagramOptions().batch, std::string(1'000, 'x'));
  stuck.allow();
  world.arrive(kTexts - DatagramOptions().batch, std::string(1'000, 'x'));
  for (int turns = 0; turns < 100 && stuck.traffic().sent < kTexts - 1; ++turns) world.loop.poll();
  cr_expect_eq(stuck.traffic().sent, kTexts - 1);
  cr_expect_eq(stuck.traffic().dropped, 1);
  world.there.remove(stuck.speaker.broadcast);
}

Test(broadcast_bridge, a_drain_waits_until_a_backlog_is_sent) {
  constexpr std::uint64_t kTexts = 3'000;
  ThreeSpeakers world;
  Stuck stuck(world.loop, world.guard);
  world.there.add(stuck.speaker.broadcast);
  world.arrive(kTexts, std::string(1'000, 'x'));
  stuck.allow();
  bool is_drained = false;
  stuck.speaker.broadcast.drain(std::chrono::seconds(10), [&is_drained] { is_drained = true; });
  for (int turns = 0; turns < 100 && !is_drained; ++turns) world.loop.poll();
  cr_expect(is_drained);
  cr_expect_eq(stuck.traffic().sent, kTexts - 1);
  world.there.remove(stuck.speaker.broadcast);
}

Test(broadcast_bridge, of_a_backlog_above_its_limit_the_last_texts_are_lost_and_reported) {
  constexpr std::size_t kCost = BroadcastOptions::kMaxMessage + DatagramOptions::kOverhead;
  constexpr std::uint64_t kHeld = BroadcastOptions::kMaxHeld / kCost;
  const std::uint64_t queued = DatagramOptions().queue_limit / 2 / kCost + 1;
  ThreeSpeakers world;
  Stuck stuck(world.loop, world.guard);
  world.there.add(stuck.speaker.broadcast);
  // The first one fails at once, and leaves its place to another one.
  world.arrive(1 + queued + kHeld, std::string(BroadcastOptions::kMaxMessage, 'x'));
  stuck.allow();
  const auto is_lost = [](const Report& report) {
    return report.what.find("bytes wait for the send queue") != std::string::npos;
  };
  cr_expect(std::ranges::none_of(world.reports, is_lost));
  world.arrive(1, std::string(BroadcastOptions::kMaxMessage, 'x'));
  cr_expect(std::ranges::any_of(world.reports, is_lost));
  for (int turns = 0; turns < 1'000 && stuck.traffic().sent < queued + kHeld; ++turns) {
    world.loop.poll();
  }
  cr_expect_eq(stuck.traffic().sent, queued + kHeld);
  cr_expect_eq(stuck.traffic().dropped, 1);
  world.there.remove(stuck.speaker.broadcast);
}
