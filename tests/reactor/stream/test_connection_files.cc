// Payloads in files and in memory of the program, and messages of several parts: over TCP, a Unix
// socket, a transport and in memory.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include "support/text.h"
#include "support/xor_transport.h"
#include <sluice/memory_peer.h>
#include <sluice/payload.h>

using namespace sluice;
using namespace sluice::test;

namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

// A file without a name.
Fd file_of(std::string_view text) {
  Fd file(::memfd_create("a file", MFD_CLOEXEC));
  cr_assert(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return file;
}

Fd duplicate(const Fd& file) { return Fd(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)); }

struct Sender {
  explicit Sender(Pair pair, const ConnectionOptions& options = {})
      : peer(std::move(pair.peers)),
        id(Connection::adopt(loop, std::move(pair.ours), handler, options).id()) {}
  Connection& connection() {
    Connection* found = Connection::find(loop, id);
    cr_assert(found != nullptr);
    return *found;
  }

  Handler handler;
  Loop loop{backend_options()};
  Peer peer;
  ConnectionId id;
};

}  // namespace

Test(connection_files, a_file_arrives_between_other_bytes_in_order) {
  for (Pair (*make)() : {unix_pair, +[] { return tcp_pair(); }}) {
    const std::string text = pattern(3'000'000);
    Pair pair = make();
    set_send_buffer(pair, 20'000);
    Sender sender(std::move(pair));
    Connection& connection = sender.connection();
    connection.send("<");
    connection.send(Payload::file(file_of(text), 0, text.size()));
    connection.send("|");
    connection.send(Payload::file(file_of(text), 1000, 5));
    connection.send(Payload::copy(">"));
    connection.close();
    cr_expect(connection.queued() == text.size() + 8);
    const std::string expected = "<" + text + "|" + text.substr(1000, 5) + ">";
    cr_expect(sender.peer.receive_all(sender.loop) == expected);
  }
}

Test(connection_files, a_file_that_is_sent_in_a_handler_follows_what_was_sent_before) {
  Sender sender(tcp_pair());
  const auto file = Payload::file(file_of("of the file;"), 0, 12);
  sender.handler.data = [&](Connection& connection, std::string_view in) {
    connection.send("before;");
    connection.send(file);
    connection.send("after");
    return in.size();
  };
  sender.peer.send("go");
  cr_expect(sender.peer.receive(sender.loop, 24) == "before;of the file;after");
}

Test(connection_files, one_file_may_be_sent_to_many_at_different_speeds) {
  const std::string text = pattern(400'000);
  const auto file = Payload::file(file_of(text), 0, text.size());
  Handler handler;
  Loop loop(backend_options());
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) {
    Pair pair = unix_pair();
    set_send_buffer(pair, 4096 << i);
    Connection::adopt(loop, std::move(pair.ours), handler).send(file);
    peers.emplace_back(std::move(pair.peers));
  }
  for (Peer& peer : peers) cr_expect(peer.receive(loop, text.size()) == text);
  cr_expect(file.use_count() == 1);
}

Test(connection_files, the_bytes_of_a_file_do_not_count_for_the_queue_limit_but_for_the_mark) {
  ConnectionOptions options;
  options.high_water = 1000;
  options.queue_limit = 20'000;
  Pair pair = unix_pair();
  set_send_buffer(pair, 4096);
  Sender sender(std::move(pair), options);
  const std::string text = pattern(1'000'000);
  const auto file = Payload::file(file_of(text), 0, text.size());
  sender.connection().send(file);
  sender.connection().send("more");
  sender.loop.poll();
  cr_expect(sender.connection().state() == Connection::State::open);
  cr_expect(sender.connection().paused());
  cr_expect(sender.peer.receive(sender.loop, text.size() + 4) == text + "more");
  turn_until(sender.loop, [&] { return sender.handler.journal == "open drain"; });
  // Each file counts as up to kFileCost, so that their number has a limit.
  const std::size_t most = options.queue_limit / OutputQueue::kFileCost;
  for (std::size_t i = 0; i < most; ++i) sender.connection().send(file);
  cr_expect(sender.connection().state() == Connection::State::open);
  sender.connection().send(file);
  cr_expect(sender.connection().close_reason() == CloseReason::queue_limit);
}

Test(connection_files, a_file_that_has_shrunk_closes_the_connection_with_EIO) {
  Sender sender(unix_pair());
  const Fd file = file_of(pattern(100'000));
  const auto payload = Payload::file(duplicate(file), 0, 100'000);
  cr_assert(::ftruncate(file.get(), 50'000) == 0);
  sender.connection().send(payload);
  std::string received;
  turn_until(sender.loop, [&] {
    received += sender.peer.waiting();
    return sender.handler.closes == 1;
  });
  cr_expect(sender.handler.last_reason == std::error_code(EIO, std::generic_category()));
  cr_expect(payload.use_count() == 1);
  received += sender.peer.waiting();
  cr_expect(received == pattern(50'000));

  // The same through a transport, which is read for.
  Handler handler;
  MemoryPeer memory(handler);
  memory.connection().send(payload);
  memory.settle();
  cr_expect(memory.received() == pattern(50'000));
  cr_expect(memory.closed());
  cr_expect(handler.last_reason == std::error_code(EIO, std::generic_category()));
}

Test(connection_files, a_transport_gets_the_bytes_of_the_file) {
  ConnectionOptions options;
  options.transport = make_xor;
  Handler handler;
  MemoryPeer wire(handler, options);
  XorPeer peer(wire);
  peer.exchange();
  const std::string text = pattern(200'000);
  wire.connection().send("head;");
  wire.connection().send(Payload::file(file_of(text), 0, text.size()));
  wire.settle();
  cr_expect(peer.received() == "head;" + text);
}

Test(connection_files, a_slow_peer_in_memory_gets_the_file_as_it_reads) {
  Handler handler;
  MemoryPeer peer(handler, {}, Address::loopback(AF_INET, 1), 10'000);
  const std::string text = pattern(100'000);
  peer.connection().send(Payload::file(file_of(text), 0, text.size()));
  std::string received;
  while (received.size() < text.size()) {
    peer.settle();
    const std::string more = peer.received();
    cr_assert(not(more.empty()) && more.size() <= 10'000);
    received += more;
    peer.set_window(10'000);
  }
  cr_expect(received == text);
}

Test(connection_files, a_connection_with_a_file_in_its_queue_is_not_released) {
  Pair pair = unix_pair();
  set_send_buffer(pair, 4096);
  Sender sender(std::move(pair));
  const std::string text = pattern(1'000'000);
  sender.connection().send(Payload::file(file_of(text), 0, text.size()));
  int error = 0;
  try {
    (void)sender.connection().release();
  } catch (const std::system_error& busy) {
    error = busy.code().value();
  }
  cr_expect(error == EBUSY);
  cr_expect(sender.peer.receive(sender.loop, text.size()) == text);
}

Test(connection_files, foreign_memory_is_kept_until_it_has_been_sent) {
  Pair pair = unix_pair();
  set_send_buffer(pair, 4096);
  Sender sender(std::move(pair));
  auto memory = std::make_shared<const std::string>(pattern(300'000));
  const std::weak_ptr<const std::string> seen = memory;
  const std::string copy = *memory;
  sender.connection().send(Payload::wrap(bytes_of(*memory), std::move(memory)));
  sender.loop.poll();
  cr_expect(not(seen.expired()));
  cr_expect(sender.peer.receive(sender.loop, copy.size()) == copy);
  turn_until(sender.loop, [&] { return seen.expired(); });
}

Test(connection_files, parts_arrive_as_one_message) {
  Sender sender(unix_pair());
  const std::string body = pattern(10'000);
  const std::vector<std::byte> tail(3, std::byte{'!'});
  sender.connection().send("head;", body, std::span<const std::byte>(tail), std::string_view());
  cr_expect(sender.peer.receive(sender.loop, body.size() + 8) == "head;" + body + "!!!");
  sender.handler.data = [&](Connection& connection, std::string_view in) {
    connection.send(in, body, body, "end");
    return in.size();
  };
  sender.peer.send("a");
  cr_expect(sender.peer.receive(sender.loop, 2 * body.size() + 4) == "a" + body + body + "end");
}

Test(connection_files, parts_above_the_limit_are_dropped_as_a_whole) {
  ConnectionOptions options;
  options.high_water = 10;
  options.queue_limit = 10;
  options.overflow = OverflowPolicy::drop_newest;
  Sender sender(unix_pair(), options);
  sender.connection().send("12345", "67890", "x");
  sender.connection().send("abc", "defg");
  cr_expect(sender.loop.counters().dropped_bytes == 11);
  cr_expect(sender.peer.receive(sender.loop, 7) == "abcdefg");
}
