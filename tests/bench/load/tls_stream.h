// The client's end of a TLS connection. Certificates are not verified: only the server is measured.
#ifndef SLUICE_BENCH_TLS_STREAM_H
#define SLUICE_BENCH_TLS_STREAM_H

#include <fcntl.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <utility>

#include "load.h"

namespace bench {

class TlsClient {
 public:
  TlsClient() : context_(SSL_CTX_new(TLS_client_method())) {
    // The same for every server: TLS 1.3, X25519, AES-256-GCM.
    SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_ciphersuites(context_, "TLS_AES_256_GCM_SHA384") != 1 ||
        SSL_CTX_set1_groups_list(context_, "X25519") != 1) {
      fail("TLS settings");
    }
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient() { SSL_CTX_free(context_); }
  [[nodiscard]] SSL* make() const { return SSL_new(context_); }

 private:
  SSL_CTX* context_;
};

// A blocking socket whose handshake is done.
class TlsStream {
 public:
  TlsStream(const TlsClient& client, std::uint16_t port, SSL_SESSION* session = nullptr)
      : descriptor_(connect_tcp(port)), ssl_(client.make()) {
    SSL_set_fd(ssl_, descriptor_);
    if (session != nullptr) SSL_set_session(ssl_, session);
    if (SSL_connect(ssl_) != 1) fail("TLS handshake");
  }
  TlsStream(TlsStream&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        ssl_(std::exchange(other.ssl_, nullptr)) {}
  TlsStream& operator=(TlsStream&&) = delete;
  ~TlsStream() {
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

}  // namespace bench

#endif
