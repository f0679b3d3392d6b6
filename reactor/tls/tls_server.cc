#include "tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <utility>

#include "tls_errors.h"
#include "tls_handles.h"
#include "tls_names.h"
#include "tls_server_context.h"
#include "tls_transport.h"

namespace sluice {

namespace {

struct LeaveHandshake {
  void operator()(std::atomic<std::size_t>* handshakes) const noexcept {
    handshakes->fetch_sub(1, std::memory_order_relaxed);
  }
};
using HandshakePlace = std::unique_ptr<std::atomic<std::size_t>, LeaveHandshake>;

}  // namespace

TlsServer::TlsServer(const TlsServerOptions& options) : context_(make_server_context(options)) {}

TransportFactory TlsServer::transport() const {
  return [server = *this](Wire wire, const Address& /*peer*/) { return server.accept(wire); };
}

std::unique_ptr<Transport> TlsServer::accept(Wire wire) const {
  TlsServerData& data = server_data(context_.get());
  HandshakePlace place(&data.handshakes);
  if (data.handshakes.fetch_add(1, std::memory_order_relaxed) >= data.max_handshakes) {
    return nullptr;
  }
  ERR_clear_error();
  SslHandle ssl(SSL_new(context_.get()));
  if (ssl == nullptr) throw_tls_error("TLS connection");
  SSL_set_accept_state(ssl.get());
  std::unique_ptr<TlsTransport> made(new TlsTransport(ssl.release(), wire));
  made->handshakes_ = place.release();
  return made;
}

std::size_t TlsServer::handshakes() const noexcept {
  return server_data(context_.get()).handshakes.load(std::memory_order_relaxed);
}

TlsPeerCertificate TlsServer::certificate() const {
  return describe(SSL_CTX_get0_certificate(context_.get()));
}

TlsServerSlot::TlsServerSlot(TlsServer first) noexcept : current_(std::move(first)) {}

void TlsServerSlot::replace(TlsServer next) noexcept {
  const detail::MutexLock lock(mutex_);
  std::swap(current_, next);  // the old one is freed, if it is the last, without the lock
}

TlsServer TlsServerSlot::current() const noexcept {
  const detail::MutexLock lock(mutex_);
  return current_;
}

TransportFactory TlsServerSlot::transport() const {
  return [this](Wire wire, const Address& /*peer*/) { return current().accept(wire); };
}

}  // namespace sluice
