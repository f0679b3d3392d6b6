// A counted reference to an immutable SSL_CTX of OpenSSL: what TlsServer and TlsClient share.
//
// Lifetime: the SSL_CTX lives as long as a handle or a connection refers to it.
// Thread: any; a copy is one atomic increment.
#ifndef SLUICE_REACTOR_TLS_TLS_CONTEXT_H
#define SLUICE_REACTOR_TLS_TLS_CONTEXT_H

#include <utility>

#include "../base/export.h"

struct ssl_ctx_st;

namespace sluice {

class SLUICE_EXPORT TlsContext {
 public:
  explicit TlsContext(ssl_ctx_st* owned) noexcept : context_(owned) {}
  TlsContext(const TlsContext& other) noexcept;
  TlsContext(TlsContext&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
  TlsContext& operator=(TlsContext other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~TlsContext();

  [[nodiscard]] ssl_ctx_st* get() const noexcept { return context_; }

 private:
  ssl_ctx_st* context_;
};

}  // namespace sluice

#endif
