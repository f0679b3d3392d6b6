// Very many connections through one listener: each of them is served.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/descriptors.h"
#include "support/streams.h"
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;

namespace {

// Connects `count` times, sends one byte on each connection, and reads it back. In a process of its
// own, because a process has enough descriptors for one side only. Returns 0 if all succeeded.
int be_the_clients(const Address& server, std::size_t count) {
  std::vector<Fd> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(clients.back().get(), server.data(), server.size()) != 0) return 2;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const char byte = static_cast<char>('a' + i % 26);
    if (::send(clients[i].get(), &byte, 1, MSG_NOSIGNAL) != 1) return 3;
  }
  for (std::size_t i = 0; i < count; ++i) {
    char byte = 0;
    if (::recv(clients[i].get(), &byte, 1, 0) != 1) return 4;
    if (byte != static_cast<char>('a' + i % 26)) return 5;
  }
  return 0;
}

void serve_all(std::size_t count) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view text) {
    connection.send(text);
    return text.size();
  };
  Loop loop(backend_options());
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler);
  const Address server = listener.endpoint().address();
  const pid_t child = ::fork();
  cr_assert(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(be_the_clients(server, count));
  }
  std::uint64_t most = 0;
  int status = 0;
  turn_until(loop, [&] {
    most = std::max(most, loop.counters().connections_open);
    return ::waitpid(child, &status, WNOHANG) == child;
  });
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the clients say %x", status);
  turn_until(
      loop, [&] { return loop.counters().connections_open == 0; }, "the last one's end");
  cr_expect(most == count, "%lu at once", static_cast<unsigned long>(most));
  cr_expect(loop.counters().accepted == count);
  cr_expect(loop.counters().refused == 0);
  cr_expect(loop.counters().bytes_in == count && loop.counters().bytes_out == count);
  cr_expect(handler.closes == count);
}

}  // namespace

// The cost of select() grows with the descriptors that it watches, so only the others watch 10,000.
Test(many_connections, through_one_listener_are_all_served) {
  const rlim_t limit = raise_descriptor_limit();
  const bool select = Loop(backend_options()).backend() == Backend::select;
  const std::size_t count = select ? 2'000 : 10'000;
  if (limit < count + 100) cr_skip_test("the limit of descriptors is too low");
  serve_all(count);
}
