// The scenarios over TLS: round trips, handshakes, and what an idle connection weighs. Certificates
// are not verified: only the server is measured.
#include <fcntl.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "round_trips.h"

namespace bench {
namespace {

constexpr std::size_t kFirst = 16;  // as in idle.cc: the first few cost more

class Client {
 public:
  Client() : context_(SSL_CTX_new(TLS_client_method())) {
    // The same for every server: TLS 1.3, X25519, AES-256-GCM.
    SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_ciphersuites(context_, "TLS_AES_256_GCM_SHA384") != 1 ||
        SSL_CTX_set1_groups_list(context_, "X25519") != 1) {
      fail("TLS settings");
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { SSL_CTX_free(context_); }
  [[nodiscard]] SSL* make() const { return SSL_new(context_); }

 private:
  SSL_CTX* context_;
};

// A blocking socket whose handshake is done.
class Stream {
 public:
  Stream(const Client& client, std::uint16_t port, SSL_SESSION* session = nullptr)
      : descriptor_(connect_tcp(port)), ssl_(client.make()) {
    SSL_set_fd(ssl_, descriptor_);
    if (session != nullptr) SSL_set_session(ssl_, session);
    if (SSL_connect(ssl_) != 1) fail("TLS handshake");
  }
  Stream(Stream&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        ssl_(std::exchange(other.ssl_, nullptr)) {}
  Stream& operator=(Stream&&) = delete;
  ~Stream() {
    if (ssl_ == nullptr) return;
    SSL_free(ssl_);
    close(descriptor_);
  }

  void set_nonblocking() const {
    require(fcntl(descriptor_, F_SETFL, O_NONBLOCK), "fcntl(O_NONBLOCK)");
  }
  void send(std::span<const char> bytes) const {
    const int size = static_cast<int>(bytes.size());
    if (SSL_write(ssl_, bytes.data(), size) != size) fail("send of one message");
  }
  // 0: nothing yet, on a socket that does not block.
  std::size_t receive(std::span<char> into) const {
    const int size = SSL_read(ssl_, into.data(), static_cast<int>(into.size()));
    if (size > 0) return static_cast<std::size_t>(size);
    if (SSL_get_error(ssl_, size) != SSL_ERROR_WANT_READ) fail("receiving over TLS");
    return 0;
  }
  void end() const { SSL_shutdown(ssl_); }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  // The caller owns it.
  [[nodiscard]] SSL_SESSION* session() const { return SSL_get1_session(ssl_); }

 private:
  int descriptor_;
  SSL* ssl_;
};

// False if what came back is not what was sent.
bool exchange(const Stream& stream, std::span<const char> message, std::vector<char>& buffer) {
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
  const Client client;
  const Pattern pattern;
  std::vector<char> buffer;
  Session session;
  std::uint64_t done = 0;
  std::uint64_t wrong = 0;
  Window window(request);
  while (window.running(done)) {
    const Stream stream(client, request.port, resumes ? session.get() : nullptr);
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
  const Client client;
  const auto connect = [&] {
    Stream stream(client, request.port);
    stream.set_nonblocking();
    return stream;
  };
  return RoundTrips<Stream>(request, connect).run();
}

Result run_tls_handshakes(const Request& request) { return run_handshakes(request, false); }
Result run_tls_resumptions(const Request& request) { return run_handshakes(request, true); }

Result run_tls_idle(const Request& request) {
  if (request.server == 0) fail("the idle scenario weighs a process: --server PID is missing");
  const Client client;
  std::vector<Stream> streams;
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
