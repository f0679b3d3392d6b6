// The SSL_CTX of a server, and what its callbacks need. Only for reactor/tls; not installed.
//
// What it is: OpenSSL has a context for each certificate that SNI chooses. The first is the one
// that connections are made of; it owns the others through its TlsServerData.
// Lifetime: the data is freed with its SSL_CTX, which each connection keeps alive.
// Thread: any.
#ifndef SLUICE_REACTOR_TLS_TLS_SERVER_CONTEXT_H
#define SLUICE_REACTOR_TLS_TLS_SERVER_CONTEXT_H

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tls_context.h"
#include "tls_server.h"
#include "tls_tickets.h"

namespace sluice {

struct TlsServerData {
  TlsServerData* first = nullptr;  // of the context that owns the others
  std::vector<std::string> names;  // of its certificates
  std::vector<int> key_types;      // of its certificates
  std::string ocsp;                // DER; empty: none
  // Only of the first one:
  std::vector<TlsContext> others;
  std::string alpn;
  std::unique_ptr<TlsTickets> tickets;
  std::size_t max_handshakes = 0;
  std::atomic<std::size_t> handshakes{0};
};

TlsContext make_server_context(const TlsServerOptions& options);
TlsServerData& server_data(const ssl_ctx_st* context) noexcept;

}  // namespace sluice

#endif
