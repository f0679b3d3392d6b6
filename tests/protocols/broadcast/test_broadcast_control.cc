// The control socket: it publishes each line that it receives, and answers with a line.
#include <sys/stat.h>

#include <string>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/scratch.h"
#include "support/streams.h"
#include <sluice/broadcast.h>
#include <sluice/broadcast_control.h>
#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/reply_guard.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Broadcast;
using sluice::BroadcastControl;
using sluice::BroadcastOptions;
using sluice::Connection;
using sluice::Endpoint;
using sluice::Listener;
using sluice::Loop;
using sluice::ReplyGuard;

namespace {

BroadcastOptions options(const char* interface) {
  BroadcastOptions result;
  result.message = "here";
  result.interface = interface;
  return result;
}

struct World {
  World() : World(unix_pair()) {}
  explicit World(Pair pair) : peer(std::move(pair.peers)) {
    Connection::adopt(loop, std::move(pair.ours), BroadcastControl::factory(service)({}),
                      BroadcastControl::listener_options().connection);
  }
  // The answer to `line`.
  std::string ask(const std::string& line) {
    peer.send(line);
    std::string answer;
    turn_until(loop, [&] { return (answer += peer.waiting()).ends_with('\n') || peer.ended(); });
    return answer;
  }

  Loop loop{backend_options()};
  ReplyGuard guard{loop};
  Broadcast service{loop, Endpoint::from("udp://127.0.0.1:0"), guard, options("lo")};
  Peer peer;
};

}  // namespace

Test(broadcast_control, publishes_each_line_and_answers_with_the_number_of_targets) {
  World world;
  cr_expect(world.ask("one\n") == "ok 1\n");
  cr_expect(world.ask("two\r\n") == "ok 1\n");
  cr_expect(world.service.counts().sent == 2);
}

Test(broadcast_control, answers_lines_of_one_read_in_order) {
  World world;
  world.peer.send("one\n\ntwo\n");
  world.peer.end();
  cr_expect(world.peer.receive_all(world.loop) == "ok 1\nerror: the text is empty\nok 1\n");
}

Test(broadcast_control, accepts_a_line_in_pieces) {
  World world;
  for (const char c : std::string("slowly\r")) {
    world.peer.send({&c, 1});
    turn_a_while(world.loop, 2);
  }
  cr_expect(world.service.counts().sent == 0);
  cr_expect(world.ask("\n") == "ok 1\n");
}

Test(broadcast_control, accepts_a_last_line_without_its_end) {
  World world;
  world.peer.send("one\ntwo\r");
  world.peer.end();
  cr_expect(world.peer.receive_all(world.loop) == "ok 1\nok 1\n");
  cr_expect(world.service.counts().sent == 2);
}

Test(broadcast_control, rejects_a_line_that_is_too_long_and_accepts_the_next) {
  World world;
  cr_expect(world.ask(std::string(1400, 'x') + "\r\n") == "ok 1\n");
  const std::string refused = "error: the text has more than 1400 bytes; no more are allowed\n";
  cr_expect(world.ask(std::string(1401, 'x') + "\n") == refused);
  world.peer.send(std::string(100'000, 'x'));
  world.peer.send("\nnext\n");
  world.peer.end();
  cr_expect(world.peer.receive_all(world.loop) == refused + "ok 1\n");
  cr_expect(world.service.counts().sent == 2);
}

Test(broadcast_control, does_not_publish_the_end_of_a_line_that_was_too_long) {
  World world;
  world.peer.send(std::string(5000, 'x'));
  world.peer.end();
  cr_expect(world.peer.receive_all(world.loop) ==
            "error: the text has more than 1400 bytes; no more are allowed\n");
  cr_expect(world.service.counts().sent == 0);
}

Test(broadcast_control, answers_that_there_are_no_targets) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  Broadcast service(loop, Endpoint::from("udp://127.0.0.1:0"), guard, options("nowhere0"));
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peers));
  Connection::adopt(loop, std::move(pair.ours), BroadcastControl::factory(service)({}));
  peer.send("hello?\n");
  cr_expect(peer.receive(loop, 5) == "ok 0\n");
}

Test(broadcast_control, is_only_for_the_owner_of_the_socket) {
  World world;
  const Scratch scratch;
  const std::string file = scratch / "control";
  const Listener listener(world.loop, Endpoint::from("unix://" + file),
                          BroadcastControl::factory(world.service),
                          BroadcastControl::listener_options());
  struct stat status {};
  cr_assert(::stat(file.c_str(), &status) == 0);
  cr_expect((status.st_mode & 0777) == 0600);
  Peer client(path(file));
  client.send("hello\n");
  cr_expect(client.receive(world.loop, 5) == "ok 1\n");
}
