// Services that start and drain one at a time, while others serve: over real sockets, under load.
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/streams.h"
#include "support/udp_probe.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/services/service_set.h"

using namespace sluice;
using namespace sluice::test;
using namespace sluice::tools::daemon;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kLong{60};  // no test waits for a deadline of this

// A client of an echo service that sends without a pause, and checks each byte that comes back.
class EchoLoad {
 public:
  explicit EchoLoad(const Address& server) : peer_(server) {}

  void pump() {
    if (!ending_) sent_ += peer_.offer(text_at(sent_, kChunk));
    check(peer_.waiting());
  }
  // Sends no more. Until the echo of everything is here.
  void finish(Loop& loop) {
    ending_ = true;
    turn_until(
        loop, [this] { return pump(), received_ == sent_ || peer_.ended(); }, "the last echo");
    cr_expect(received_ == sent_, "%zu of %zu bytes came back", received_, sent_);
    cr_expect(not peer_.ended());
  }
  [[nodiscard]] std::size_t received() const { return received_; }

 private:
  static constexpr std::size_t kChunk = 16 * 1024;

  // Bytes that are different at each offset for as far as a mistake could reach.
  static std::string text_at(std::size_t offset, std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = offset + i;
      text[i] = static_cast<char>((at ^ (at >> 8U) ^ (at >> 16U)) & 0xFFU);
    }
    return text;
  }
  void check(std::string_view bytes) {
    cr_assert(bytes == text_at(received_, bytes.size()), "after %zu bytes", received_);
    received_ += bytes.size();
  }

  Peer peer_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool ending_ = false;
};

struct World {
  World()
      : guard(loop),
        services(loop, guard, [this](const Service& service) { leaving.push_back(&service); }) {}
  ~World() {
    services.drain_all(milliseconds(0), {});
    turn_until(
        loop, [this] { return services.members().empty(); }, "the end of all services");
  }
  Service& start(const std::string& text) {
    ListenSpec spec = parse_listen(text, {});
    spec.service = started++;
    return services.start(spec, {&spec, 1});
  }
  // Drains it and waits until it is gone; `pump` runs in each turn.
  template <class Pump>
  void drain(Service& service, Pump pump) {
    const std::size_t before = services.members().size();
    int done = 0;
    services.drain(service, kLong, [&] {
      ++done;
      cr_expect(services.members().size() == before - 1, "it is gone when its drain is done");
    });
    turn_until(
        loop, [&] { return pump(), done > 0; }, "the end of the drain");
    turn_a_while(loop);
    cr_expect(done == 1);
  }

  std::size_t started = 0;
  Loop loop;
  ReplyGuard guard;
  std::vector<const Service*> leaving;
  ServiceSet services;
};

// What another service's drain must not disturb.
class Bystander {
 public:
  explicit Bystander(World& world)
      : world_(world), service_(world.start("echo=tcp://127.0.0.1:0")) {
    for (int i = 0; i < kClients; ++i) {
      clients_.push_back(std::make_unique<EchoLoad>(service_.endpoint().address()));
    }
  }
  void pump() {
    for (const auto& client : clients_) client->pump();
  }
  void expect_nothing_lost() {
    for (const auto& client : clients_) client->finish(world_.loop);
  }
  [[nodiscard]] std::size_t received() const {
    std::size_t sum = 0;
    for (const auto& client : clients_) sum += client->received();
    return sum;
  }

 private:
  static constexpr int kClients = 8;

  World& world_;
  Service& service_;
  std::vector<std::unique_ptr<EchoLoad>> clients_;
};

// Starts `text`, lets `use` have a peer of it served, drains it, and lets `end` see what the peer
// reads; a bystander is under load all the time. At last the endpoint is free for another one.
template <class Use, class End>
void expect_drained_alone(const std::string& text, Use use, End end) {
  World world;
  Bystander bystander(world);
  Service& service = world.start(text);
  const Endpoint endpoint = service.endpoint();
  auto peer = use(world, endpoint);
  bystander.pump();
  const std::size_t before = bystander.received();
  world.drain(service, [&] {
    bystander.pump();
    end(peer);
  });
  turn_until(
      world.loop, [&] { return bystander.pump(), bystander.received() > before; },
      "the bystander's echo");
  bystander.expect_nothing_lost();
  cr_expect(world.services.members().size() == 1);
  const ListenSpec again = [&] {
    ListenSpec spec = parse_listen(text, {});
    spec.target.endpoint = endpoint;
    spec.service = world.started++;
    return spec;
  }();
  (void)world.services.start(again, {&again, 1});
  cr_expect(world.services.members().size() == 2);
}

Peer connected(World& world, const Endpoint& endpoint, std::string_view said,
               std::string_view wanted) {
  Peer peer(endpoint.address());
  peer.send(said);
  std::string got;
  turn_until(
      world.loop, [&] { return (got += peer.waiting()).find(wanted) != got.npos || peer.ended(); },
      "the first answer");
  return peer;
}

// Reads until the service has closed, and closes then.
void end_of_stream(Peer& peer) {
  if (peer.fd() < 0) return;
  (void)peer.waiting();
  if (!peer.ended()) return;
  cr_expect(peer.error() == 0, "it ends in order");
  peer.close();
}

}  // namespace

Test(service_set, drains_a_stream_service_while_an_echo_loses_nothing, .timeout = 120) {
  expect_drained_alone(
      "echo=tcp://127.0.0.1:0",
      [](World& world, const Endpoint& at) { return connected(world, at, "hello", "hello"); },
      end_of_stream);
}

Test(service_set, drains_a_framed_service_while_an_echo_loses_nothing, .timeout = 120) {
  expect_drained_alone(
      "framed=tcp://127.0.0.1:0,framing=line",
      [](World& world, const Endpoint& at) { return connected(world, at, "hello\n", "hello\n"); },
      end_of_stream);
}

Test(service_set, drains_a_chat_while_an_echo_loses_nothing, .timeout = 120) {
  expect_drained_alone(
      "chat=tcp://127.0.0.1:0,greeting=Welcome home.",
      [](World& world, const Endpoint& at) {
        return connected(world, at, "hello\n", "Welcome home.");
      },
      end_of_stream);
}

Test(service_set, drains_udp_services_while_an_echo_loses_nothing, .timeout = 120) {
  for (const std::string text :
       {"echo=udp://127.0.0.1:0", "framed=udp://127.0.0.1:0,framing=line"}) {
    expect_drained_alone(
        text,
        [](World& world, const Endpoint& at) {
          UdpProbe probe;
          cr_expect(probe.ask(world.loop, "hello\n", at.address()) == "hello\n");
          return probe.address();
        },
        [](const Address&) {});
  }
}

Test(service_set, drains_a_broadcast_service_and_its_control_socket, .timeout = 120) {
  const Scratch scratch;
  const std::string control = scratch / "control";
  expect_drained_alone(
      "broadcast=udp://127.0.0.1:0,message=found,control=" + control,
      [&](World& world, const Endpoint& at) {
        const UdpProbe probe;
        cr_expect(probe.ask(world.loop, "who", at.address()) == "found");
        return connected(world, Endpoint::from("unix://" + control), "a line\n", "\n");
      },
      end_of_stream);
}

Test(service_set, answers_what_had_arrived_before_the_drain) {
  World world;
  Service& service = world.start("echo=tcp://127.0.0.1:0");
  Peer peer(service.endpoint().address());
  peer.send("the last words");
  turn_until(
      world.loop, [&] { return world.loop.counters().connections_open == 1; }, "the connection");
  world.services.drain(service, kLong);
  cr_expect(peer.receive_all(world.loop) == "the last words");
  cr_expect(peer.error() == 0);
}

Test(service_set, aborts_what_is_left_at_the_deadline) {
  World world;
  Service& ended = world.start("discard=tcp://127.0.0.1:0");
  Service& kept = world.start("echo=tcp://127.0.0.1:0");
  Peer silent(ended.endpoint().address());
  Peer other(kept.endpoint().address());
  turn_until(
      world.loop, [&] { return world.loop.counters().connections_open == 2; }, "the connections");
  bool done = false;
  world.services.drain(ended, kLong, [&] { done = true; });
  turn_a_while(world.loop);
  cr_expect(not done, "the peer has not closed");
  world.services.drain(ended, milliseconds(10), [] { cr_expect(false, "it is dropped"); });
  turn_until(
      world.loop, [&] { return done; }, "the deadline");
  cr_expect(world.loop.counters().closed_by(CloseReason::drain_deadline) == 1);
  other.send("still here");
  cr_expect(other.receive(world.loop, 10) == "still here");
}

Test(service_set, starts_a_service_while_others_serve_and_drain) {
  World world;
  Bystander bystander(world);
  Service& old = world.start("echo=tcp://127.0.0.1:0");
  Peer member(old.endpoint().address());
  turn_until(
      world.loop, [&] { return world.loop.counters().accepted >= 9; }, "the connections");
  world.services.drain(old, kLong);
  Service& fresh = world.start("upper=tcp://127.0.0.1:0");
  Peer peer(fresh.endpoint().address());
  peer.send("hello");
  cr_expect(peer.receive(world.loop, 5) == "HELLO");
  for (int i = 0; i < 50; ++i) {
    bystander.pump();
    world.loop.poll();
  }
  bystander.expect_nothing_lost();
}

Test(service_set, drains_all_and_then_says_so_once) {
  World world;
  int done = 0;
  std::vector<std::unique_ptr<Peer>> peers;
  for (const char* text : {"echo=tcp://127.0.0.1:0", "chat=tcp://127.0.0.1:0",
                           "framed=tcp://127.0.0.1:0", "echo=udp://127.0.0.1:0"}) {
    const Service& service = world.start(text);
    if (service.endpoint().scheme() == Scheme::udp) continue;
    peers.push_back(std::make_unique<Peer>(service.endpoint().address()));
  }
  turn_until(
      world.loop, [&] { return world.loop.counters().connections_open == 3; }, "the connections");
  world.services.drain_all(kLong, [&] {
    ++done;
    cr_expect(world.services.members().empty());
  });
  turn_a_while(world.loop);
  cr_expect(done == 0, "the peers have not closed");
  peers.clear();
  turn_until(
      world.loop, [&] { return done > 0; }, "the end of all");
  cr_expect(done == 1);
  cr_expect(world.leaving.size() == 4);
}

Test(service_set, a_drain_of_none_is_done_in_a_turn_to_come) {
  World world;
  bool done = false;
  world.services.drain_all(kLong, [&] { done = true; });
  cr_expect(not done);
  turn_until(
      world.loop, [&] { return done; }, "the end of none");
}

Test(service_set, a_service_that_drains_has_no_more_use_for_the_terminal) {
  World world;
  Service& first = world.start("chat=tcp://127.0.0.1:0");
  Service& second = world.start("chat=tcp://127.0.0.1:0");
  cr_expect(world.services.first_with(ConsoleUse::talks) == &first);
  cr_expect(world.services.first_with(ConsoleUse::publishes) == nullptr);
  world.services.drain(first, kLong);
  cr_expect(world.leaving.size() == 1 && world.leaving.front() == &first);
  cr_expect(world.services.first_with(ConsoleUse::talks) == &second);
}

Test(service_set, the_chats_with_one_house_are_doors_to_it) {
  const Scratch scratch;
  World world;
  const auto open = [&](const std::string& text, std::size_t number) {
    ListenSpec spec = parse_listen(text, {});
    spec.service = number;
    return world.services.start(spec, {&spec, 1}).endpoint();
  };
  const Endpoint one = open("chat=tcp://127.0.0.1:0", 1);
  const Endpoint other = open("chat=unix://" + (scratch / "chat"), 3);
  const Endpoint elsewhere = open("chat=tcp://127.0.0.1:0,house=other", 2);
  Peer ann = connected(world, one, "/nick ann\n", "is now ann");
  Peer ben = connected(world, other, "/nick ben\n", "is now ben");
  Peer eve = connected(world, elsewhere, "/nick eve\n", "is now eve");
  ann.send("good evening\n");
  std::string heard;
  std::string overheard;
  turn_until(
      world.loop, [&] { return (heard += ben.waiting()).find("<ann> good evening") != heard.npos; },
      "the line");
  turn_a_while(world.loop);
  overheard += eve.waiting();
  cr_expect(overheard.find("good evening") == overheard.npos);
  // The house stays as long as one of its doors.
  world.services.drain(*world.services.members().front().service, milliseconds(0));
  turn_until(
      world.loop, [&] { return world.services.members().size() == 2; }, "the end of the first");
  Peer cam = connected(world, other, "still here\n", "guest");
  turn_until(
      world.loop, [&] { return (heard += ben.waiting()).find("> still here") != heard.npos; },
      "the line of a newcomer");
}

namespace {

std::vector<ListenSpec> specs_of(const std::vector<std::string>& texts) {
  std::vector<ListenSpec> specs;
  for (const std::string& text : texts) {
    specs.push_back(parse_listen(text, {}));
    specs.back().service = specs.size();
  }
  return specs;
}

void expect_counts(const ServiceSet::Replaced& replaced, const std::string& wanted) {
  const std::string got = std::to_string(replaced.kept) + ' ' + std::to_string(replaced.added) +
                          ' ' + std::to_string(replaced.changed) + ' ' +
                          std::to_string(replaced.removed);
  cr_expect(got == wanted, "%s is not %s", got.c_str(), wanted.c_str());
}

ServiceSet::Replaced replace(World& world, const std::vector<std::string>& texts) {
  return world.services.replace(specs_of(texts), kLong, [](const std::string& line) {
    cr_expect(false, "%s", line.c_str());
  });
}

}  // namespace

Test(service_set, what_is_replaced_by_the_same_is_the_same_object) {
  World world;
  expect_counts(replace(world, {"echo=tcp://127.0.0.1:0", "echo=udp://127.0.0.1:0"}), "0 2 0 0");
  const Service* tcp = world.services.members()[0].service.get();
  const Service* udp = world.services.members()[1].service.get();
  expect_counts(replace(world, {"echo=udp://127.0.0.1:0", "echo=tcp://127.0.0.1:0"}), "2 0 0 0");
  cr_assert(world.services.members().size() == 2);
  cr_expect(world.services.members()[0].service.get() == tcp);
  cr_expect(world.services.members()[1].service.get() == udp);
}

Test(service_set, no_datagram_is_lost_while_a_service_over_udp_changes, .timeout = 120) {
  World world;
  const std::string many = ",answers=1000000,answers-per-source=";
  const std::vector<std::string> kinds = {"echo=udp://127.0.0.1:0,name=x",
                                          "framed=udp://127.0.0.1:0,framing=line,name=x"};
  for (const std::string& kind : kinds) {
    (void)replace(world, {kind + many + "1000000"});
    const Endpoint at = world.services.members().back().service->endpoint();
    const UdpProbe probe;
    int answered = 0;
    for (int round = 1; round <= 100; ++round) {
      for (int i = 0; i < 20; ++i) probe.send("hello\n", at.address());
      expect_counts(replace(world, {kind + many + std::to_string(999'999 - round)}), "0 0 1 0");
      for (int i = 0; i < 20; ++i) probe.send("hello\n", at.address());
      // Else the next change comes in the same turn.
      for (int turn = 0; turn < 3 && round % 2 == 0; ++turn) world.loop.poll();
      while (probe.waiting()) ++answered;
    }
    turn_until(
        world.loop,
        [&] {
          while (probe.waiting()) ++answered;
          return answered == 4000;
        },
        "every answer");
    cr_expect(world.services.serving() == 1);
    cr_expect(world.services.members().back().service->endpoint() == at);
  }
}

Test(service_set, a_service_over_udp_that_changes_can_be_removed_at_once) {
  World world;
  (void)replace(world, {"echo=udp://127.0.0.1:0", "echo=tcp://127.0.0.1:0"});
  const Endpoint at = world.services.members().front().service->endpoint();
  expect_counts(replace(world, {"echo=udp://127.0.0.1:0,answers=5", "echo=tcp://127.0.0.1:0"}),
                "1 0 1 0");
  expect_counts(replace(world, {"echo=udp://127.0.0.1:0,answers=5", "echo=tcp://127.0.0.1:0"}),
                "2 0 0 0");
  expect_counts(replace(world, {"echo=tcp://127.0.0.1:0"}), "1 0 0 1");
  turn_until(
      world.loop, [&] { return world.services.members().size() == 1; }, "its end");
  const UdpProbe free(at.address());  // binds the port
}

Test(service_set, a_broadcast_service_that_changes_keeps_its_socket_and_control_socket) {
  const Scratch scratch;
  World world;
  const std::string text =
      "broadcast=udp://127.0.0.1:0,answers=1000,answers-per-source=1000,control=" +
      (scratch / "control");
  (void)replace(world, {text + ",message=one"});
  const Endpoint at = world.services.members().front().service->endpoint();
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "who", at.address()) == "one");
  expect_counts(replace(world, {text + ",message=two"}), "0 0 1 0");
  std::string answer = "one";  // what the old one still answers is not lost either
  while (answer == "one") answer = probe.ask(world.loop, "who", at.address());
  cr_expect(answer == "two", "%s", answer.c_str());
  const Peer client =
      connected(world, Endpoint::from("unix://" + (scratch / "control")), "a line\n", "\n");
}

Test(service_set, what_was_changed_is_released_when_its_last_connection_has_closed) {
  World world;
  (void)replace(world, {"greet=tcp://127.0.0.1:0,text=one", "echo=tcp://127.0.0.1:0"});
  const Endpoint greet = world.services.members()[0].service->endpoint();
  const Endpoint echo = world.services.members()[1].service->endpoint();
  Peer peer = connected(world, echo, "hello", "hello");
  expect_counts(
      replace(world, {"greet=tcp://127.0.0.1:0,text=two", "echo=tcp://127.0.0.1:0,max=9"}),
      "0 0 2 0");
  cr_expect(world.services.members().size() == 4 && world.services.serving() == 2);
  Peer other(greet.address());
  cr_expect(other.receive_all(world.loop) == "two");
  peer.send("again");
  cr_expect(peer.receive(world.loop, 5) == "again");
  // The echo of before has a connection; the greeting has none.
  (void)replace(world, {"greet=tcp://127.0.0.1:0,text=two", "echo=tcp://127.0.0.1:0,max=9"});
  cr_expect(world.services.members().size() == 3);
  peer.close();
  turn_until(
      world.loop, [&] { return world.loop.counters().connections_open == 0; }, "its end");
  (void)replace(world, {"greet=tcp://127.0.0.1:0,text=two", "echo=tcp://127.0.0.1:0,max=9"});
  cr_expect(world.services.members().size() == 2);
}

Test(service_set, what_cannot_be_bound_changes_nothing) {
  const Scratch scratch;
  const std::string path = scratch / "fresh";
  World world;
  (void)replace(world, {"echo=tcp://127.0.0.1:0", "upper=tcp://127.0.0.1:0"});
  const std::string taken = world.services.members()[1].service->endpoint().to_string();
  std::string message;
  try {
    (void)replace(world, {"greet=tcp://127.0.0.1:0,text=x", "echo=unix://" + path,
                          "echo=udp://127.0.0.1:0", "time=" + taken, "time=" + taken});
  } catch (const std::system_error& error) {
    message = error.what();
  }
  cr_expect(message.starts_with("bind " + taken), "%s", message.c_str());
  cr_expect(::access(path.c_str(), F_OK) != 0, "the socket's file is gone again");
  cr_assert(world.services.members().size() == 2 && world.services.serving() == 2);
  Peer peer = connected(world, world.services.members()[0].service->endpoint(), "hi", "hi");
}

Test(service_set, no_log_of_a_room_stays_open_if_another_one_cannot_be_opened) {
  const Scratch scratch;
  const std::string logs = scratch / "logs";
  std::filesystem::create_directory(logs);
  World world;
  const std::string one = "chat=tcp://127.0.0.1:0";
  const std::string two = "irc=tcp://127.0.0.1:0,house=other";
  (void)replace(world, {one, two});
  std::string message;
  try {
    (void)replace(world, {one + ",room-log=" + logs, two + ",room-log=/nowhere"});
  } catch (const std::system_error& error) {
    message = error.what();
  }
  cr_expect(message.find("/nowhere/other.lobby.log") != message.npos, "%s", message.c_str());
  const std::string log = logs + "/main.lobby.log";
  cr_assert(::access(log.c_str(), F_OK) == 0, "it was opened");
  std::size_t open = 0;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code none;
    if (std::filesystem::read_symlink(each, none) == log) ++open;
  }
  cr_expect(open == 0);
  // A change that succeeds logs again.
  (void)replace(world, {one + ",room-log=" + logs, two});
  cr_expect(world.services.reopen_logs() == 1);
}

Test(service_set, a_chat_that_moves_to_another_house_keeps_its_members_in_the_old_one) {
  const Scratch scratch;
  World world;
  const std::string door = "chat=unix://" + (scratch / "door");
  std::vector<ListenSpec> specs = specs_of({"chat=tcp://127.0.0.1:0", door + ",house=attic"});
  (void)world.services.replace(specs, kLong, {});
  const Endpoint tcp = world.services.members()[0].service->endpoint();
  const Endpoint local = world.services.members()[1].service->endpoint();
  Peer ann = connected(world, tcp, "/nick ann\n", "is now ann");
  Peer ben = connected(world, local, "/nick ben\n", "is now ben");
  specs = specs_of({"chat=tcp://127.0.0.1:0", door});
  expect_counts(world.services.replace(specs, kLong, {}), "1 0 1 0");
  Peer cam = connected(world, local, "/nick cam\n", "here: ann");
  ben.send("/who\n");
  std::string heard;
  turn_until(
      world.loop, [&] { return (heard += ben.waiting()).find("ben") != heard.npos; },
      "the answer in the old house");
  cr_expect(heard.find("ann") == heard.npos);
}
