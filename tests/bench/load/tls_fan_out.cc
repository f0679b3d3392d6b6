// One sender and many receivers behind a relay, all over TLS: what the first one sends, each other
// one must receive. The sender goes on when all have what it sent.
#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "tls_stream.h"

namespace bench {
namespace {

struct Receiver {
  TlsStream stream;
  std::uint64_t received = 0;
  bool wrong = false;
};

}  // namespace

Result run_tls_fan_out(const Request& request) {
  const TlsClient client;
  const Pattern pattern;
  const TlsStream sender(client, request.port);
  std::vector<Receiver> receivers;
  receivers.reserve(request.connections);
  Epoll epoll;
  while (receivers.size() < request.connections) {
    Receiver& receiver = receivers.emplace_back(Receiver{TlsStream(client, request.port)});
    receiver.stream.set_nonblocking();
    epoll.add(receiver.stream.descriptor(), EPOLLIN, &receiver);
  }
  std::array<char, kReadSize> buffer;
  std::uint64_t sent = 0;
  std::size_t behind = 0;
  const auto receive = [&](Receiver& receiver) {
    const std::size_t size = receiver.stream.receive(buffer);
    if (!pattern.matches(receiver.received, std::span(buffer).first(size))) receiver.wrong = true;
    receiver.received += size;
    if (size > 0 && receiver.received == sent) --behind;
  };
  // A receiver is a member when the server has its handshake's end, so the first line waits.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  Window window(request);
  while (window.running(sent / request.size * receivers.size())) {
    for (std::size_t line = 0; line < request.in_flight; ++line) {
      sender.send(pattern.at(sent, request.size));
      sent += request.size;
    }
    behind = receivers.size();
    const auto give_up = Clock::now() + std::chrono::seconds(10);
    while (behind > 0 && Clock::now() < give_up) {
      for (const epoll_event& event : epoll.wait(100)) {
        receive(*static_cast<Receiver*>(event.data.ptr));
      }
    }
    if (behind > 0) break;
  }
  Result result;
  window.report(result);
  const auto lost = std::count_if(receivers.begin(), receivers.end(), [&](const Receiver& each) {
    return each.wrong || each.received != sent;
  });
  result.emplace_back("lost", static_cast<double>(lost));
  return result;
}

}  // namespace bench
