// The scenarios over TLS: round trips, handshakes, and what an idle connection weighs. Certificates
// are not verified: only the server is measured.
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "round_trips.h"
#include "tls_stream.h"

namespace bench {
namespace {

constexpr std::size_t kFirst = 16;  // as in idle.cc: the first few cost more

// False if what came back is not what was sent.
bool exchange(const TlsStream& stream, std::span<const char> message, std::vector<char>& buffer) {
  stream.send(message);
  buffer.resize(message.size());
  for (std::size_t have = 0; have < buffer.size();) {
    have += stream.receive(std::span(buffer).subspan(have));
  }
  return std::equal(message.begin(), message.end(), buffer.begin());
}

// One connection after another: handshake, exchange, end.
Result run_handshakes(const Request& request, bool resumes) {
  using Session =
      std::unique_ptr<SSL_SESSION, decltype([](SSL_SESSION* s) { SSL_SESSION_free(s); })>;
  const TlsClient client;
  const Pattern pattern;
  std::vector<char> buffer;
  Session session;
  std::uint64_t done = 0;
  std::uint64_t wrong = 0;
  Window window(request);
  while (window.running(done)) {
    const TlsStream stream(client, request.port, resumes ? session.get() : nullptr);
    if (!exchange(stream, pattern.at(done * 7919, request.size), buffer)) ++wrong;
    if (resumes && session != nullptr && !stream.resumed()) ++wrong;
    if (resumes) session.reset(stream.session());
    stream.end();
    ++done;
  }
  Result result;
  window.report(result);
  result.emplace_back("lost", static_cast<double>(wrong));
  return result;
}

}  // namespace

Result run_tls_round_trips(const Request& request) {
  const TlsClient client;
  const auto connect = [&] {
    TlsStream stream(client, request.port);
    stream.set_nonblocking();
    return stream;
  };
  return RoundTrips<TlsStream>(request, connect).run();
}

Result run_tls_handshakes(const Request& request) { return run_handshakes(request, false); }
Result run_tls_resumptions(const Request& request) { return run_handshakes(request, true); }

Result run_tls_idle(const Request& request) {
  if (request.server == 0) fail("the idle scenario weighs a process: --server PID is missing");
  const TlsClient client;
  std::vector<TlsStream> streams;
  std::vector<char> buffer;
  std::uint64_t wrong = 0;
  const std::array<char, 1> byte{'x'};
  const auto open_until = [&](std::size_t count) {
    while (streams.size() < count) {
      streams.emplace_back(client, request.port);
      if (!exchange(streams.back(), byte, buffer)) ++wrong;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return static_cast<double>(resident_bytes(request.server));
  };
  const double few = open_until(kFirst);
  const double all = open_until(request.connections);
  const auto added = static_cast<double>(request.connections - kFirst);
  return {{"bytes_after_exchange", (all - few) / added}, {"lost", static_cast<double>(wrong)}};
}

}  // namespace bench
