// Equal datagrams that go through the kernel as one message: nobody sees a difference. Where the
// kernel cannot do that, and on plain POSIX calls, the same tests pass without it.
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/datagram/datagram_queue.h"
#include "reactor/datagram/datagram_segments.h"
#include "support/datagram_world.h"
#include "support/network_namespace.h"
#include <sluice/datagram.h>
#include <sluice/loop.h>

using namespace sluice;
namespace test = sluice::test;

namespace {

using Texts = std::vector<std::string>;

Texts numbered(std::size_t count, std::size_t size) {
  Texts texts;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = std::to_string(i) + ":";
    text.resize(size, static_cast<char>('a' + i % 26));
    texts.push_back(std::move(text));
  }
  return texts;
}

Texts texts_of(const test::Recorder& recorder) {
  Texts texts;
  for (const auto& one : recorder.received) texts.push_back(one.data);
  return texts;
}

// Two sockets of this library.
struct Ends {
  explicit Ends(const LoopOptions& of_loop = backend_options(), const DatagramOptions& options = {})
      : loop(of_loop),
        sender(loop, Endpoint::from("udp://127.0.0.1:0"), from, options),
        receiver(loop, Endpoint::from("udp://127.0.0.1:0"), to, options) {}
  void send_all(const Texts& texts) {
    for (const std::string& text : texts) {
      cr_assert(sender.send_to(test::bytes_of(text), receiver.local().address()));
    }
  }
  void expect(const Texts& texts) {
    send_all(texts);
    test::turn_until(loop, [&] { return to.received.size() >= texts.size(); });
    cr_expect(texts_of(to) == texts);
    cr_expect(receiver.counters().received == texts.size());
    cr_expect(sender.counters().sent == texts.size());
    cr_expect(sender.counters().bytes_out == receiver.counters().bytes_in);
    cr_expect(loop.counters().datagrams_in == texts.size());
    cr_expect(loop.counters().datagrams_out == texts.size());
    for (const auto& one : to.received) {
      cr_expect(one.from == sender.local().address() && not(one.truncated));
    }
  }

  Loop loop;
  test::Recorder from;
  test::Recorder to;
  DatagramSocket sender;
  DatagramSocket receiver;
};

void set_mtu_of_loopback(int mtu) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_mtu = mtu;
  cr_assert(::ioctl(socket.get(), SIOCSIFMTU, &request) == 0);
}

}  // namespace

Test(datagram_segments, a_burst_of_equal_datagrams_arrives_one_by_one) {
  Ends ends;
  ends.expect(numbered(80, 1000));  // what the buffer of a socket holds by default
}

Test(datagram_segments, a_burst_with_a_shorter_last_one_and_an_empty_one_arrives_in_order) {
  Ends ends;
  Texts texts = numbered(20, 500);
  texts.push_back("short");
  texts.push_back("");
  for (const std::string& text : numbered(20, 700)) texts.push_back(text);
  texts.push_back("longer than the one before it");
  texts.push_back(std::string(60'000, 'x'));
  ends.expect(texts);
}

Test(datagram_segments, without_offload_the_same_arrives) {
  DatagramOptions options;
  options.offload = false;
  Ends ends(backend_options(), options);
  ends.expect(numbered(50, 1000));
}

Test(datagram_segments, an_adopted_socket_stops_to_join_what_it_is_not_to_join) {
  Fd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  const Address local = Address::loopback(AF_INET, 0);
  cr_assert(::bind(fd.get(), local.data(), local.size()) == 0);
  (void)join_received(fd.get(), true);  // by the program that had it before
  Loop loop(backend_options());
  test::Recorder from;
  test::Recorder to;
  DatagramOptions options;
  options.offload = false;
  const DatagramSocket receiver(loop, std::move(fd), to, options);
  DatagramSocket sender(loop, Endpoint::from("udp://127.0.0.1:0"), from);
  const Texts texts = numbered(16, 1000);
  for (const std::string& text : texts) {
    cr_assert(sender.send_to(test::bytes_of(text), receiver.local().address()));
  }
  test::turn_until(loop, [&] { return receiver.counters().bytes_in >= texts.size() * 1000; });
  cr_expect(texts_of(to) == texts);
}

Test(datagram_segments, a_plain_peer_receives_datagrams) {
  test::World world;
  const Texts texts = numbered(32, 1200);
  for (const std::string& text : texts) cr_assert(world.send(text));
  world.loop.poll();
  cr_expect(world.peer.receive_all() == texts);
}

Test(datagram_segments, each_receiver_gets_its_own) {
  test::World world;
  const test::Peer other;
  for (int i = 0; i < 10; ++i) {
    world.send("for the peer");
    world.socket.send_to(test::bytes_of("for the other"), other.address());
    world.socket.send_to(test::bytes_of("for the other"), other.address());
  }
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts(10, "for the peer"));
  cr_expect(other.receive_all() == Texts(20, "for the other"));
}

Test(datagram_segments, a_wildcard_socket_learns_the_destination_of_each) {
  Loop loop(backend_options());
  test::Recorder from;
  test::Recorder to;
  DatagramSocket receiver(loop, Endpoint::wildcard(Scheme::udp, 0), to);
  const Address address = Address::loopback(AF_INET, receiver.local().address().port());
  const auto sender = DatagramSocket::connect(loop, Endpoint(Scheme::udp, address), from);
  for (int i = 0; i < 20; ++i) cr_assert(sender->send(test::bytes_of("text")));
  test::turn_until(loop, [&] { return to.received.size() == 20; });
  for (const auto& one : to.received) {
    cr_expect(one.to == address && one.unicast && one.from == sender->local().address());
  }
}

Test(datagram_segments, a_turn_handles_only_its_part_of_a_joined_message) {
  LoopOptions options = backend_options();
  options.turn_messages = 5;
  Ends ends(options);
  const Texts texts = numbered(32, 100);
  ends.send_all(texts);
  ends.loop.poll();  // sends
  std::size_t most = 0;
  test::turn_until(ends.loop, [&, before = std::size_t{0}]() mutable {
    most = std::max(most, ends.to.received.size() - before);
    before = ends.to.received.size();
    return before == texts.size();
  });
  cr_expect(texts_of(ends.to) == texts);
  cr_expect(most <= 5, "%zu in a turn", most);
}

Test(datagram_segments, a_socket_may_be_closed_in_the_middle_of_a_joined_message) {
  Ends ends;
  ends.to.then = [&](DatagramSocket& socket, const Datagram&) {
    if (ends.to.received.size() == 3) socket.close();
  };
  ends.send_all(numbered(20, 100));
  test::turn_until(ends.loop, [&] { return ends.receiver.closed(); });
  test::turn_a_while(ends.loop, 3);
  cr_expect(ends.to.received.size() == 3);
}

Test(datagram_segments, datagrams_above_the_mtu_go_in_fragments_as_before) {
  test::enter_network_namespace();
  set_mtu_of_loopback(1500);
  Ends ends;
  Texts texts = numbered(20, 3000);
  for (const std::string& text : numbered(20, 1000)) texts.push_back(text);
  ends.expect(texts);
  cr_expect(ends.from.failed.empty());
}

Test(datagram_segments, a_refused_burst_reports_the_error_of_its_first_datagram) {
  Loop loop(backend_options());
  test::Recorder handler;
  const Address nobody = test::Peer().address();
  const auto socket = DatagramSocket::connect(loop, Endpoint(Scheme::udp, nobody), handler);
  for (int i = 0; i < 10; ++i) cr_assert(socket->send(test::bytes_of("text")));
  test::turn_until(loop, [&] { return not(handler.failed.empty()); });
  cr_expect(handler.failed[0].error.value() == ECONNREFUSED);
}

Test(datagram_segments, the_queue_finds_what_may_go_together) {
  DatagramQueue queue(1'000'000);
  const Address a = Address::loopback(AF_INET, 1);
  const Address b = Address::loopback(AF_INET, 2);
  const auto push = [&queue](std::size_t size, const Address& to) {
    queue.push(std::vector<std::byte>(size), &to, DatagramSource());
  };
  for (const std::size_t size : {100, 100, 40, 40, 100}) push(size, a);
  push(100, b);
  push(0, b);
  cr_expect(queue.equal_from(0, 1000) == 3);  // the last may be shorter
  cr_expect(queue.equal_from(2, 1000) == 2);  // but not longer
  cr_expect(queue.equal_from(4, 1000) == 1);  // nor to another address
  cr_expect(queue.equal_from(5, 1000) == 1);  // nor empty
  cr_expect(queue.equal_from(6, 1000) == 1);
  cr_expect(queue.equal_from(0, 99) == 1);
  queue.clear();
  for (int i = 0; i < 100; ++i) push(10, a);
  cr_expect(queue.equal_from(0, 1000) == kMaxSegments);
  queue.clear();
  for (int i = 0; i < 10; ++i) push(20'000, a);
  cr_expect(queue.equal_from(0, 60'000) == 3);  // kMaxSegmentBytes
}
