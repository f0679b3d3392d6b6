// A TLS server, from the ClientHello to application data. Either the input is what a client sends,
// or it drives a TLS client whose bytes are changed, cut, repeated and delayed on their way. What
// must hold: the handler sees a prefix of what the client has sent and nothing else, in order after
// on_open(), and on_close() once, last.
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../support/certificates.h"
#include "fuzz.h"
#include <sluice/memory_peer.h>
#include <sluice/tls_client.h>
#include <sluice/tls_server.h>

using namespace sluice;

namespace {

// The same input must do the same in each run, so OpenSSL gets bytes that are not random. Its
// interface for that is deprecated, and there is no other for a program that links it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
class NotRandom {
 public:
  static void install() {
    static const RAND_METHOD kMethod{.seed = nullptr,
                                     .bytes = fill,
                                     .cleanup = nullptr,
                                     .add = nullptr,
                                     .pseudorand = fill,
                                     .status = [] { return 1; }};
    SLUICE_MUST(RAND_set_rand_method(&kMethod) == 1);
  }
  static void restart() noexcept { state = 1; }

 private:
  static int fill(unsigned char* into, int size) noexcept {
    for (int i = 0; i < size; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      into[i] = static_cast<unsigned char>(state >> 56U);
    }
    return 1;
  }
  static inline std::uint64_t state = 1;
};
#pragma GCC diagnostic pop

// Made once: it is slow.
struct Ends {
  Ends() {
    NotRandom::install();
    const test::Authority root;
    const test::Pem leaf = root.sign();
    const test::Pem other = root.sign({.names = {"DNS:other.example"}, .common_name = "other"});
    const test::Pem own = root.sign({.names = {"DNS:me.example"}, .common_name = "me"});
    TlsServerOptions options;
    for (const test::Pem& each : {leaf, other}) {
      options.certificates.push_back({.chain = each.certificate, .key = each.key});
    }
    options.certificates.front().ocsp = root.ocsp(leaf);
    options.alpn = {"one", "two"};
    options.client_certificates = TlsClientCertificates::optional;
    options.client_ca = root.pem();
    server = std::make_unique<TlsServer>(options);
    TlsClientOptions client_options{.ca = root.pem(), .alpn = {"two"}};
    client = std::make_unique<TlsClient>(client_options);
    client_options.certificate = {.chain = own.certificate, .key = own.key};
    known_client = std::make_unique<TlsClient>(client_options);
  }
  std::unique_ptr<TlsServer> server;
  std::unique_ptr<TlsClient> client, known_client;
};

// Keeps what it receives, and sends it back.
class Echo final : public Protocol {
 public:
  void on_open(Connection& /*connection*/) override {
    SLUICE_MUST(!std::exchange(opened, true) && !closed);
  }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    SLUICE_MUST(opened && !closed);
    received.append(reinterpret_cast<const char*>(in.data()), in.size());
    connection.send(in);
    return in.size();
  }
  void on_close(Connection& connection, std::error_code /*reason*/) override {
    SLUICE_MUST(!std::exchange(closed, true) && connection.opened() == opened);
  }

  std::string received;
  bool opened = false;
  bool closed = false;
};

// The bytes on their way from and to the client.
struct Line final : Wire::Stream {
  IoResult read(std::span<std::byte> into) override {
    if (in.empty()) return ended ? IoResult::end() : IoResult::want_read();
    const std::size_t count = std::min(in.size(), into.size());
    std::memcpy(into.data(), in.data(), count);
    in.erase(0, count);
    return IoResult::done(count);
  }
  IoResult write(std::span<const iovec> parts) override {
    const std::size_t before = out.size();
    for (const iovec& part : parts) {
      out.append(static_cast<const char*>(part.iov_base), part.iov_len);
    }
    return IoResult::done(out.size() - before);
  }
  IoResult shutdown_write() override { return IoResult::done(); }

  std::string in;
  std::string out;
  bool ended = false;
};

class World {
 public:
  explicit World(Ends& ends) {
    options_.transport = ends.server->transport();
    options_.open_timeout = std::chrono::milliseconds(1000);
    peer_ = std::make_unique<MemoryPeer>(ProtocolRef(echo_), options_);
  }

  void send_raw(fuzz::Choices& choices) {
    const std::size_t piece = 1 + choices.any(600);
    peer_->send(choices.rest(), piece);
    // Without the keys nobody gets through the handshake.
    SLUICE_MUST(!echo_.opened && echo_.received.empty());
  }

  void drive(fuzz::Choices& choices, const TlsClient& client) {
    const char* const host = choices.any(2) == 0 ? "localhost" : "other.example";
    client_ = client.transport(host)(Wire(line_), Address::loopback(AF_INET, 1));
    while (!choices.done() && !peer_->closed()) {
      step(choices);
      exchange();
      SLUICE_MUST(sent_.starts_with(echo_.received));
      SLUICE_MUST(echo_.received.starts_with(echoed_));
    }
    pass_on(line_.out.size(), MemoryPeer::kUnlimited);
    exchange();
    if (intact_ && !peer_->closed()) {
      for (int i = 0; i < 8; ++i) {
        pass_on(line_.out.size(), MemoryPeer::kUnlimited);
        exchange();
      }
      SLUICE_MUST(echo_.opened && echo_.received == sent_ && echoed_ == sent_);
    }
  }

  ~World() {
    peer_->end();
    peer_->advance(std::chrono::minutes(5));
    SLUICE_MUST(peer_->closed() && echo_.closed);
  }

 private:
  void step(fuzz::Choices& choices) {
    std::string& out = line_.out;
    switch (choices.any(8)) {
      case 0:
      case 1:
        return pass_on(1 + choices.any(2000), 1 + choices.any(300));
      case 2:
        if (open_) write(1 + choices.any(20'000));
        return;
      case 3:  // a byte changes
        if (out.empty()) return;
        intact_ = false;
        out[choices.any(65'536) % out.size()] ^= static_cast<char>(1 + choices.any(255));
        return;
      case 4:  // some get lost
        if (out.empty()) return;
        intact_ = false;
        out.erase(choices.any(65'536) % out.size(), 1 + choices.any(300));
        return;
      case 5: {  // some come again
        if (out.empty()) return;
        intact_ = false;
        const std::size_t at = choices.any(65'536) % out.size();
        out.insert(at, out.substr(at, 1 + choices.any(300)));
        return;
      }
      case 6:
        if (choices.any(8) != 0) return;
        intact_ = false;  // the deadline may pass
        peer_->advance(std::chrono::milliseconds(choices.any(600)));
        return;
      default:
        return pass_on(out.size(), MemoryPeer::kUnlimited);
    }
  }
  void write(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      bytes[i] = static_cast<char>((sent_.size() + i) * 31 >> 3U);
    }
    const iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    const IoResult result = client_->write({&part, 1});
    if (result.is_done()) sent_ += bytes.substr(0, result.bytes);
  }
  void pass_on(std::size_t count, std::size_t piece) {
    if (line_.out.empty() || peer_->closed()) return;
    const std::string bytes = line_.out.substr(0, count);
    line_.out.erase(0, count);
    peer_->send(bytes, piece);
  }
  void exchange() {
    line_.in += peer_->received();
    line_.ended = line_.ended || peer_->closed();
    if (failed_) return;
    if (!open_) {
      const IoResult result = client_->open();
      open_ = result.is_done();
      failed_ = result.status == IoResult::Status::failed || result.status == IoResult::Status::end;
    }
    std::byte bytes[4096];
    while (open_) {
      const IoResult result = client_->read(bytes);
      if (!result.is_done()) break;
      echoed_.append(reinterpret_cast<const char*>(bytes), result.bytes);
    }
  }

  Echo echo_;
  ConnectionOptions options_;
  Line line_;
  std::unique_ptr<Transport> client_;
  std::unique_ptr<MemoryPeer> peer_;
  std::string sent_, echoed_;
  bool open_ = false;    // as the client sees it
  bool failed_ = false;  // its handshake
  bool intact_ = true;   // all bytes from the client have arrived, or will
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Ends ends;
  NotRandom::restart();
  fuzz::Choices choices(data, size);
  World world(ends);
  switch (choices.any(3)) {
    case 0:
      world.send_raw(choices);
      break;
    case 1:
      world.drive(choices, *ends.client);
      break;
    default:
      world.drive(choices, *ends.known_client);
  }
  return 0;
}
