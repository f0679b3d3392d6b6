// The connections of a chat: lines, deliveries, and members that are slow or misbehave.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/hooked_transport.h"
#include "support/streams.h"
#include "support/text.h"
#include <sluice/chat.h>
#include <sluice/chat_lines.h>
#include <sluice/listener.h>
#include <sluice/memory_peer.h>

using sluice::Address;
using sluice::Chat;
using sluice::ChatLines;
using sluice::ChatMember;
using sluice::ChatOptions;
using sluice::ChatOutlet;
using sluice::CloseReason;
using sluice::Connection;
using sluice::ConnectionOptions;
using sluice::Endpoint;
using sluice::Listener;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::OverflowPolicy;
using sluice::Payload;
using sluice::TokenRate;
using sluice::test::every_byte;
using sluice::test::Peer;
using std::chrono::milliseconds;
using namespace std::string_view_literals;

namespace {

ChatOptions plain() {
  ChatOptions options;
  options.rules.greeting.clear();
  options.rate.reset();
  return options;
}

// A chat on virtual time whose members are in memory.
struct World {
  explicit World(ChatOptions options = plain()) : chat(loop, std::move(options)) {}

  // Adds a member called `nick` that comes from another address than the others, and delivers the
  // notice of that to all members.
  std::unique_ptr<MemoryPeer> enter(const std::string& nick,
                                    const ConnectionOptions& options = {}) {
    auto peer = std::make_unique<MemoryPeer>(
        loop, chat.handler(), options,
        *Address::from_ip("192.0.2." + std::to_string(members.size() + 1), 40'000));
    peer->send("/nick " + nick + "\n");
    members.push_back(peer.get());
    for (MemoryPeer* one : members) (void)one->received();
    return peer;
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  Chat chat;
  std::vector<MemoryPeer*> members;
};

std::string lines(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += std::to_string(i) + std::string(text) + "\n";
  return all;
}

std::string as_said_by(std::string_view nick, std::string_view text) {
  std::string all;
  while (!text.empty()) {
    const std::size_t end = text.find('\n') + 1;
    all += "<" + std::string(nick) + "> " + std::string(text.substr(0, end));
    text.remove_prefix(end);
  }
  return all;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

}  // namespace

// --- Lines ---

Test(chat, delivers_a_line_to_the_others) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  ann->send("hello\r\nagain\n");
  cr_expect(ann->received().empty());
  cr_expect(bob->received() == "<ann> hello\n<ann> again\n");
  bob->send("hel");
  cr_expect(ann->received().empty());
  bob->send("lo\n");
  cr_expect(ann->received() == "<bob> hello\n");
}

Test(chat, handles_lines_alike_however_they_are_split) {
  const std::string typed = "one\r\n\xff\xfb\x01two\n\n/me acts\nfour\xff\xfa\n\xff\xf0\n";
  for (std::size_t piece = 1; piece <= typed.size(); ++piece) {
    World world;
    const auto ann = world.enter("ann");
    const auto bob = world.enter("bob");
    ann->send(typed, piece);
    cr_expect(bob->received() == "<ann> one\n<ann> two\n~ ann acts\n<ann> four\n", "%zu", piece);
  }
}

Test(chat, delivers_all_lines_to_a_member_that_reads_a_few_bytes_at_a_time) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  bob->set_window(0);
  ann->send(lines(100, " line"));
  std::string received;
  for (int i = 0; i < 1'000; ++i) {
    bob->set_window(7);
    received += bob->received();
  }
  cr_expect(received == as_said_by("ann", lines(100, " line")));
}

Test(chat, rejects_a_line_that_is_too_long_and_skips_it) {
  ChatOptions options = plain();
  options.max_line = 100;
  World world(options);
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  ann->send("before\n" + std::string(1'000'000, 'x'));
  cr_expect(ann->connection().unconsumed().empty());
  ann->send("y\nafter\n" + std::string(100, 'z') + "\n");
  cr_expect(ann->received() ==
            "* that line is too long and nobody has heard it: at most 100 bytes\n");
  cr_expect(bob->received() == as_said_by("ann", "before\nafter\n" + std::string(100, 'z') + "\n"));
}

Test(chat, survives_a_binary_flood) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  std::string flood(100'000, '\0');
  for (std::size_t i = 0; i < 500'000; ++i) flood += static_cast<char>(i * 2654435761U >> 11);
  ann->send(flood, 1'000);
  ann->send("\xff\xf0\xff\xf0\n");  // in case it left a telnet command open
  (void)ann->received();
  const std::string received = bob->received();
  cr_expect(received.find('\0') == std::string::npos);
  cr_expect(received.find('\x1b') == std::string::npos);
  cr_expect(count(received, "\n") == count(received, "\n<ann> ") + 1, "each line has its author");
  cr_expect(!ann->closed() && !bob->closed());
  ann->send("still here\n");
  cr_expect(bob->received() == "<ann> still here\n");
}

Test(chat, delivers_a_last_line_without_a_line_feed) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  ann->send("last words");
  ann->end();
  cr_expect(bob->received() == "<ann> last words\n* ann left\n");
  cr_expect(ann->closed());
  cr_expect(ann->close_reason() == CloseReason::peer_closed);
}

// --- Leaving ---

Test(chat, closes_the_connection_of_a_member_that_quits) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  ann->send("ciao\n/quit bed\nnot said\n");
  cr_expect(bob->received() == "<ann> ciao\n* ann left (bed)\n");
  cr_expect(ann->saw_end());
  ann->send("not said either\n");
  ann->end();
  cr_expect(ann->closed());
  cr_expect(bob->received().empty());
}

Test(chat, announces_to_the_room_why_a_connection_was_lost) {
  World world;
  const auto ann = world.enter("ann");
  const auto reset = world.enter("reset");
  const auto idle = world.enter("idle", {.idle_timeout = milliseconds(1'000)});
  const auto slow = world.enter("slow", {.write_timeout = milliseconds(1'000)});
  (void)ann->received();
  reset->reset();
  cr_expect(ann->received() == "* reset left (connection lost)\n");
  slow->set_window(0);
  idle->advance(milliseconds(1'500));
  cr_expect(ann->received() == "* idle left (timed out)\n");
  ann->advance(milliseconds(1'500));
  cr_expect(ann->received() == "* slow left (too slow)\n");
}

Test(chat, sends_a_notice_to_a_newcomer_if_it_is_full_and_closes) {
  ChatOptions options = plain();
  options.rules.max_members = 1;
  World world(options);
  const auto ann = world.enter("ann");
  MemoryPeer late(world.loop, world.chat.handler());
  late.send("hello\n");
  cr_expect(late.received() == "* the chat is full: at most 1 members; try again later\n");
  cr_expect(late.saw_end());
  cr_expect(ann->received().empty());
}

Test(chat, announces_a_hundred_members_that_leave_in_one_turn_in_one_block) {
  World world;
  const auto ann = world.enter("ann");
  std::vector<std::unique_ptr<MemoryPeer>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<MemoryPeer>(world.loop, world.chat.handler()));
  }
  (void)ann->received();
  ann->set_window(0);
  for (const auto& one : all) one->connection().abort();
  ann->settle();
  cr_expect(world.chat.house().members() == 1);
  ann->set_window(MemoryPeer::kUnlimited);
  cr_expect(count(ann->received(), " left (connection lost)\n") == 100);
}

Test(chat, continues_when_a_member_leaves_during_a_delivery) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  const auto cleo = world.enter("cleo");
  bob->set_window(3);
  ann->send(lines(1'000, " line"));
  bob->reset();
  const std::string received = cleo->received();
  cr_expect(received ==
            as_said_by("ann", lines(1'000, " line")) + "* bob left (connection lost)\n");
}

Test(chat, may_be_destroyed_before_its_connections) {
  Loop loop(LoopOptions{.virtual_time = true});
  auto chat = std::make_unique<Chat>(loop, plain());
  MemoryPeer ann(loop, chat->handler());
  MemoryPeer bob(loop, chat->handler());
  ann.send("hello\n");
  (void)bob.received();
  chat.reset();
  bob.send("anybody?\n");
  cr_expect(ann.received().find("anybody") == std::string::npos);
  cr_expect(ann.saw_end() && bob.saw_end());
}

// --- The rate ---

Test(chat, delays_a_member_that_sends_too_fast_and_loses_nothing) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(10, std::chrono::seconds(1), 5);
  World world(options);
  const auto ann = world.enter("ann");  // which used up one line
  const auto bob = world.enter("bob");
  ann->advance(milliseconds(10'000));
  const std::string typed = lines(100, " line");
  ann->send(typed);
  std::string received = bob->received();
  cr_expect(count(received, "\n") == 5, "%zu", count(received, "\n"));
  ann->advance(milliseconds(99));
  cr_expect(bob->received().empty());
  ann->advance(milliseconds(1));
  const std::string next = bob->received();
  cr_expect(count(next, "\n") == 1);
  received += next;
  bob->send("others do not wait\n");
  cr_expect(ann->received() == "<bob> others do not wait\n");
  ann->end();
  ann->advance(milliseconds(9'400));
  received += bob->received();
  cr_expect(received == as_said_by("ann", typed) + "* ann left\n");
}

Test(chat, buffers_little_for_a_member_that_sends_too_fast) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(1, std::chrono::seconds(1), 1);
  World world(options);
  const auto ann = world.enter("ann");
  ann->send(lines(200'000, " line"));
  cr_expect(ann->connection().unconsumed().size() <= Loop::kReadBufferSize);
  cr_expect(ann->unread() > 1'000'000);
  ann->reset();
}

Test(chat, does_not_time_out_a_member_whose_line_the_rate_holds) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(1, std::chrono::seconds(3), 1);
  World world(options);
  const auto bob = world.enter("bob");
  const auto ann = world.enter("ann", {.idle_timeout = std::chrono::seconds(1)});
  // Her coming was the first of these 3 s, her name the next.
  ann->send("one\ntwo\n");
  for (int i = 0; i < 11; ++i) {
    ann->advance(milliseconds(900));
    cr_assert(!ann->closed(), "after %d", i);
  }
  const std::string heard = bob->received();
  cr_expect(heard.ends_with("<ann> one\n<ann> two\n"), "%s", heard.c_str());
  ann->advance(std::chrono::seconds(1));
  cr_expect(ann->close_reason() == CloseReason::idle_timeout, "now she is silent");
}

Test(chat, counts_the_notice_that_a_member_has_joined) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(10, std::chrono::seconds(1), 3);
  World world(options);
  MemoryPeer ann(world.loop, world.chat.handler());
  const auto bob = world.enter("bob");
  ann.send("one\ntwo\nthree\n");
  cr_expect(bob->received() == "<guest1> one\n<guest1> two\n");
  ann.advance(milliseconds(100));
  cr_expect(bob->received() == "<guest1> three\n");
}

Test(chat, gives_a_source_that_comes_again_no_new_burst) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(10, std::chrono::seconds(1), 5);
  World world(options);
  const auto bob = world.enter("bob");
  std::string heard;
  for (int i = 0; i < 20; ++i) {
    MemoryPeer peer(world.loop, world.chat.handler());
    peer.send("1\n2\n3\n4\n5\n");
    heard += bob->received();
    peer.reset();
    heard += bob->received();
  }
  // One joins, says four lines and leaves. The others come too early to become members.
  cr_expect(count(heard, "\n") == 6, "%s", heard.c_str());
}

Test(chat, lets_the_newcomers_of_a_source_wait_in_turn_and_turns_away_those_that_are_too_many) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(1, std::chrono::seconds(1), 1);
  World world(options);
  std::vector<std::unique_ptr<MemoryPeer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<MemoryPeer>(world.loop, world.chat.handler()));
  }
  cr_expect(peers[0]->received().starts_with("* you are guest1"));
  for (int i = 1; i <= 5; ++i) cr_expect(peers[i]->received().empty());
  for (int i = 6; i < 8; ++i) {
    cr_expect(peers[i]->received() == "* too many newcomers from your address; try again later\n");
    cr_expect(peers[i]->saw_end());
  }
  for (int i = 1; i <= 5; ++i) {
    peers[0]->advance(milliseconds(1000));
    cr_expect(peers[i]->received().starts_with("* you are guest"), "%d", i);
    if (i < 5) cr_expect(peers[i + 1]->received().empty(), "%d", i + 1);
  }
}

// --- Slow members ---

Test(chat, loses_nothing_between_members_that_read_slowly) {
  World world;
  // Slow enough to be behind repeatedly, but never for the whole patience.
  const ConnectionOptions small{.high_water = 20'000, .queue_limit = 400'000};
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob", small);
  const auto cleo = world.enter("cleo");
  const std::string typed = lines(100'000, " of many lines");
  const std::string want = as_said_by("ann", typed);
  bob->set_window(0);
  ann->send(typed);
  cr_expect(ann->unread() > 0, "the sender waits");
  std::string received;
  for (int i = 0; i < 100'000 && received.size() < want.size(); ++i) {
    cr_assert(!bob->closed(), "after %zu bytes", received.size());
    cr_assert(bob->connection().queued() <= small.queue_limit);
    bob->set_window(10'000);
    bob->advance(milliseconds(5));
    ann->settle();
    received += bob->received();
  }
  cr_expect(received == want);
  cr_expect(cleo->received() == want);
}

Test(chat, waits_for_a_member_that_never_reads_only_for_its_patience) {
  World world;
  const ConnectionOptions small{.high_water = 20'000, .queue_limit = 400'000};
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  const auto dead = world.enter("dead", small);
  (void)ann->received();
  (void)bob->received();
  dead->set_window(0);
  const std::string typed = lines(50'000, " of many lines");
  ann->send(typed);
  cr_expect(ann->unread() > 0);
  cr_expect(!dead->closed());
  ann->advance(milliseconds(99));
  cr_expect(ann->unread() > 0);
  ann->advance(milliseconds(1));
  cr_expect(ann->unread() == 0, "nobody waits any more");
  cr_expect(dead->closed());
  cr_expect(dead->close_reason() == CloseReason::queue_limit);
  const std::string received = bob->received();
  const std::string farewell = "* dead left (too slow)\n";
  const std::size_t at = received.find(farewell);
  cr_assert(at != std::string::npos);
  cr_expect(received.substr(0, at) + received.substr(at + farewell.size()) ==
            as_said_by("ann", typed));
}

Test(chat, continues_at_once_when_the_slow_member_disconnects) {
  for (const bool quits : {false, true}) {
    World world;
    const auto ann = world.enter("ann");
    const auto bob = world.enter("bob");
    const auto dead = world.enter("dead", {.high_water = 1'000});
    dead->set_window(0);
    ann->send(lines(1'000, " line"));
    ann->send("more\n");
    cr_assert(!ann->connection().unconsumed().empty() || ann->unread() > 0);
    (void)bob->received();
    if (quits) {
      dead->set_window(MemoryPeer::kUnlimited);
      dead->send("/quit\n");
    } else {
      dead->reset();
    }
    ann->settle();
    const std::string received = bob->received();
    cr_expect(count(received, "<ann> more\n") == 1);
    cr_expect(count(received, "* dead left") == 1);
  }
}

Test(chat, waits_with_a_private_line_for_a_member_in_another_room) {
  World world;
  const auto ann = world.enter("ann");
  const auto slow = world.enter("slow", {.high_water = 1'000, .queue_limit = 100'000});
  slow->send("/join attic\n");
  (void)slow->received();
  slow->set_window(0);
  std::string typed;
  for (int i = 0; i < 10'000; ++i) typed += "/msg slow " + std::to_string(i) + "\n";
  ann->send(typed);
  cr_expect(!slow->closed());
  cr_expect(slow->connection().queued() < 2'000);
  slow->set_window(MemoryPeer::kUnlimited);
  ann->settle();
  cr_expect(count(slow->received(), "[ann] ") == 10'000);
}

Test(chat, makes_no_private_line_wait_longer_than_the_patience_however_many_write) {
  World world;
  const auto slow = world.enter("slow", {.high_water = 1'000, .queue_limit = 10'000'000});
  const auto filler = world.enter("filler");
  std::vector<std::unique_ptr<MemoryPeer>> all;
  for (int i = 0; i < 20; ++i) all.push_back(world.enter("ann" + std::to_string(i)));
  slow->send("/join attic\n");
  (void)slow->received();
  const std::string text = "/msg slow " + std::string(1'500, 'x') + "\n";
  slow->set_window(0);
  filler->send(text);
  for (const auto& one : all) one->send(text);
  const auto count_waiting = [&] {
    return std::ranges::count_if(
        all, [](const auto& one) { return !one->connection().unconsumed().empty(); });
  };
  cr_expect(count_waiting() == 20);
  // It catches up before the patience is over, and one line is enough to put it behind again.
  slow->advance(milliseconds(90));
  slow->set_window(slow->connection().queued());
  slow->settle();
  cr_expect(count_waiting() > 15, "%td", count_waiting());
  slow->advance(milliseconds(10));
  cr_expect(count_waiting() == 0, "%td", count_waiting());
  slow->set_window(MemoryPeer::kUnlimited);
  cr_expect(count(slow->received(), "] xxx") == 21);
}

Test(chat, waits_only_once_for_a_member_that_never_reads) {
  World world;
  const ConnectionOptions small{.high_water = 1'000, .queue_limit = 10'000'000};
  const auto ann = world.enter("ann");
  const auto dead = world.enter("dead", small);
  dead->set_window(0);
  ann->send(lines(1'000, " line"));
  ann->advance(milliseconds(100));
  for (int i = 0; i < 10; ++i) {
    ann->send(lines(1'000, " line"));
    cr_expect(ann->unread() == 0 && ann->connection().unconsumed().empty());
  }
  // After it has caught up, the others wait for it again.
  dead->set_window(MemoryPeer::kUnlimited);
  cr_expect(count(dead->received(), "\n") == 11'000);
  dead->set_window(0);
  ann->send(lines(1'000, " line"));
  ann->send("one more\n");
  cr_expect(!ann->connection().unconsumed().empty() || ann->unread() > 0);
  dead->set_window(MemoryPeer::kUnlimited);
  cr_expect(dead->received().ends_with("<ann> one more\n"));
}

Test(chat, sends_a_member_the_number_of_dropped_bytes) {
  ChatOptions options = plain();
  options.patience = milliseconds(0);
  World world(options);
  const ConnectionOptions drop{
      .high_water = 1'000, .queue_limit = 10'000, .overflow = OverflowPolicy::drop_newest};
  const auto ann = world.enter("ann");
  const auto slow = world.enter("slow", drop);
  slow->set_window(0);
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string line(500, 'x');
    ann->send(line + "\n");
    sent += line.size() + 7;
  }
  cr_expect(!slow->closed());
  slow->set_window(MemoryPeer::kUnlimited);
  const std::string received = slow->received();
  const std::size_t notice = received.rfind("* ");
  cr_assert(notice != std::string::npos);
  cr_expect(received.substr(notice) ==
            "* " + std::to_string(sent - notice) + " bytes were dropped: you read too slowly\n");
  ann->send("after\n");
  cr_expect(slow->received() == "<ann> after\n");
}

Test(chat, limits_the_replies_to_a_member_that_does_not_read) {
  World world;
  const ConnectionOptions small{.high_water = 10'000, .queue_limit = 1'000'000};
  const auto ann = world.enter("ann", small);
  ann->set_window(0);
  std::string typed;
  for (int i = 0; i < 10'000; ++i) typed += "/help\n";
  ann->send(typed);
  cr_expect(!ann->closed());
  cr_expect(ann->connection().queued() < 20'000);
  ann->set_window(MemoryPeer::kUnlimited);
  cr_expect(count(ann->received(), "/help ") == 10'000);
}

// --- Members without a connection ---

namespace {

class Terminal final : public ChatOutlet {
 public:
  void deliver(const Payload& block) override { shown += sluice::test::text_of(block.bytes()); }
  void on_dismissed() override { gone = true; }
  std::string shown;
  bool gone = false;
};

}  // namespace

Test(chat, has_members_without_a_connection) {
  World world;
  Terminal terminal;
  ChatMember* const console = ChatLines(world.chat.house()).enter(terminal, "operator");
  const auto ann = world.enter("ann");
  terminal.shown.clear();
  ann->send("hello\n");
  cr_expect(terminal.shown == "<ann> hello\n");
  cr_expect(ChatLines(world.chat.house()).submit(*console, "hello yourself"));
  ann->settle();
  cr_expect(ann->received() == "<operator> hello yourself\n");
  world.chat.house().leave(*console, "the server stops");
  ann->settle();
  cr_expect(ann->received() == "* operator left (the server stops)\n");
}

Test(chat, returns_its_options) {
  ChatOptions options = plain();
  options.max_line = 77;
  const World world(options);
  cr_expect(world.chat.options().max_line == 77);
  cr_expect(!world.chat.options().rate);
}

// --- Real sockets ---

Test(chat, delivers_a_flood_over_tcp_to_all_in_one_order) {
  Loop loop(backend_options());
  Chat chat(loop, plain());
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), chat.factory());
  constexpr std::size_t kMembers = 20;
  constexpr std::size_t kLines = 20'000;
  std::vector<std::unique_ptr<Peer>> all;
  for (std::size_t i = 0; i < kMembers; ++i) {
    all.push_back(std::make_unique<Peer>(listener.endpoint().address()));
  }
  sluice::test::turn_until(loop, [&] { return chat.house().members() == kMembers; });
  sluice::test::turn_a_while(loop);
  for (const auto& one : all) (void)one->waiting();
  // Two members send at the same time; the others receive both in the same order.
  std::string left[2] = {lines(kLines, " from the one"), lines(kLines, " from the other")};
  std::vector<std::string> received(kMembers);
  const auto done = [&] {
    for (std::size_t i = 0; i < 2; ++i) left[i].erase(0, all[i]->offer(left[i]));
    bool whole = true;
    for (std::size_t i = 0; i < kMembers; ++i) {
      received[i] += all[i]->waiting();
      const std::size_t want = i < 2 ? kLines : 2 * kLines;
      // Counted only once it may be complete.
      whole = whole && received[i].size() > want * 20 && count(received[i], "\n") == want;
    }
    return whole;
  };
  sluice::test::turn_until(loop, done, "every line");
  for (std::size_t i = 3; i < kMembers; ++i) cr_expect(received[i] == received[2]);
  cr_expect(received[1] == as_said_by("guest1", lines(kLines, " from the one")));
  cr_expect(received[0] == as_said_by("guest2", lines(kLines, " from the other")));
  for (const auto& one : all) one->close();
  sluice::test::turn_until(loop, [&] { return chat.house().members() == 0; });
}

Test(chat, works_over_a_unix_socket_pair_and_survives_a_reset) {
  Loop loop(backend_options());
  Chat chat(loop, plain());
  auto first = sluice::test::unix_pair();
  auto second = sluice::test::tcp_pair();
  Connection::adopt(loop, std::move(first.ours), chat.handler());
  Connection::adopt(loop, std::move(second.ours), chat.handler());
  Peer ann(std::move(first.peers));
  Peer bob(std::move(second.peers));
  sluice::test::turn_a_while(loop);
  (void)ann.waiting();
  bob.send("hello\n");
  cr_expect(ann.receive(loop, 15) == "<guest2> hello\n");
  bob.reset();
  cr_expect(ann.receive(loop, 31) == "* guest2 left (connection lost)");
}

// The sockets keep the boundaries of writes, so a member reads one write at a time.
Test(chat, writes_to_each_member_once_a_turn) {
  using sluice::test::Hooks;
  // A stream keeps no boundaries of writes, but a transport can count them.
  std::array<Hooks, 5> hooks;
  Loop loop(backend_options());
  Chat chat(loop, plain());
  std::vector<Peer> peers;
  for (Hooks& one : hooks) {
    sluice::test::Pair pair = sluice::test::unix_pair();
    ConnectionOptions options;
    options.transport = sluice::test::hooked(one);
    Connection::adopt(loop, std::move(pair.ours), chat.handler(), options);
    peers.emplace_back(std::move(pair.peers));
  }
  sluice::test::turn_a_while(loop);
  for (Peer& peer : peers) (void)peer.waiting();
  for (Hooks& one : hooks) one.writes = 0;

  constexpr std::size_t kSpeakers = 3;
  for (std::size_t i = 0; i < kSpeakers; ++i) peers[i].send("one\ntwo\n/msg guest5 psst\n");
  sluice::test::turn_a_while(loop);
  const std::string fourth = peers[3].waiting();
  cr_expect(count(fourth, "> one\n") == kSpeakers, "%s", fourth.c_str());
  cr_expect(count(fourth, "> two\n") == kSpeakers, "%s", fourth.c_str());
  const std::string fifth = peers[4].waiting();
  cr_expect(count(fifth, "\n") == 3 * kSpeakers, "%s", fifth.c_str());
  for (const std::size_t i : {3U, 4U}) cr_expect(hooks[i].writes == 1, "%d", hooks[i].writes);
}

Test(chat, delivers_lines_that_arrived_before_a_drain) {
  for (const bool from_the_first : {true, false}) {
    Loop loop(backend_options());
    Chat chat(loop, plain());
    const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), chat.factory());
    Peer first(listener.endpoint().address());
    sluice::test::turn_until(loop, [&] { return chat.house().members() == 1; });
    Peer second(listener.endpoint().address());
    sluice::test::turn_until(loop, [&] { return chat.house().members() == 2; });
    sluice::test::turn_a_while(loop);
    (void)first.waiting();
    (void)second.waiting();
    (from_the_first ? first : second).send("one\ntwo\nlast words");
    loop.drain(std::chrono::seconds(10));
    const std::string received = (from_the_first ? second : first).receive_all(loop);
    const std::string from = from_the_first ? "guest1" : "guest2";
    cr_expect(received.starts_with(as_said_by(from, "one\ntwo\n")), "%s", received.c_str());
  }
}

Test(chat, drained_on_one_listener_passes_its_last_words_on_to_members_on_another_one) {
  Loop loop(backend_options());
  Chat chat(loop, plain());
  Listener ended(loop, Endpoint::from("tcp://127.0.0.1:0"), chat.factory());
  const Listener kept(loop, Endpoint::from("tcp://127.0.0.1:0"), chat.factory());
  Peer speaker(ended.endpoint().address());
  sluice::test::turn_until(loop, [&] { return chat.house().members() == 1; });
  Peer hearer(kept.endpoint().address());
  sluice::test::turn_until(loop, [&] { return chat.house().members() == 2; });
  sluice::test::turn_a_while(loop);
  (void)speaker.waiting();
  (void)hearer.waiting();
  bool done = false;
  speaker.send("one\ntwo\nlast words");
  ended.drain(std::chrono::seconds(100), [&] { done = true; });
  (void)speaker.receive_all(loop);
  cr_expect(speaker.error() == 0);
  speaker.close();
  sluice::test::turn_until(loop, [&] { return done; });
  sluice::test::turn_a_while(loop);
  const std::string heard = hearer.waiting();
  cr_expect(heard.starts_with(as_said_by("guest1", "one\ntwo\n")), "%s", heard.c_str());
  cr_expect(!hearer.ended());
  cr_expect(chat.house().members() == 1);
  // The member that stays is served as before.
  hearer.send("/nick bob\n");
  sluice::test::turn_a_while(loop);
  cr_expect(!hearer.waiting().empty());
}

// --- Ends ---

Test(chat, that_is_drained_says_so_to_its_members_and_still_delivers_their_last_lines) {
  World world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  (void)ann->received();
  world.loop.drain(std::chrono::seconds(10));
  bob->send("good night\n");
  cr_expect(ann->received() == "* the chat is closing\n<bob> good night\n");
  cr_expect(bob->received() == "* the chat is closing\n");
  cr_expect(ann->saw_end() && bob->saw_end());
}

Test(chat, waits_for_the_rest_of_a_line_for_a_limited_time) {
  ConnectionOptions options;
  options.message_timeout = std::chrono::seconds(10);
  for (const std::string begun : {"slow", "slow\xff", "a line that is too long to be said"}) {
    ChatOptions rules = plain();
    rules.max_line = 20;
    World world(rules);
    const auto ann = world.enter("ann");
    const auto bob = world.enter("bob", options);
    world.loop.advance(std::chrono::hours(1));
    cr_assert(!bob->closed(), "silence is no line");
    for (int i = 0; i < 13 && !bob->closed(); ++i) {
      bob->send(i == 0 ? begun : "x");
      bob->advance(milliseconds(800));
    }
    cr_assert(bob->closed(), "%s", begun.c_str());
    cr_expect(bob->close_reason() == CloseReason::message_timeout);
    cr_expect(ann->received().ends_with("* bob left (timed out)\n"));
  }
}

Test(chat, does_not_count_the_time_in_which_its_own_rate_holds_a_member) {
  ChatOptions rules = plain();
  rules.rate = TokenRate::of(1, std::chrono::seconds(30), 2);  // to join and for a name
  ConnectionOptions options;
  options.message_timeout = options.first_message_timeout = std::chrono::seconds(10);
  World world(rules);
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob", options);
  (void)ann->received();
  bob->send("one\ntwo\n");
  bob->advance(std::chrono::seconds(65));
  cr_expect(!bob->closed());
  cr_expect(ann->received() == "<bob> one\n<bob> two\n");
}
