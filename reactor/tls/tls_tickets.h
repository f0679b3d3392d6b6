// The keys with which a server encrypts the tickets of its sessions. Only for reactor/tls; not
// installed.
//
// What it is: a key for new tickets, and the one before it, whose tickets still resume a session.
// A new key is made when the current one is older than `life`: whoever gets hold of the memory
// can decrypt no ticket, and with TLS 1.2 no recorded session, of longer than two lives ago.
// Thread: any; connections of several threads may share a server.
// Source: RFC 5077, RFC 8446 section 4.6.1.
#ifndef SLUICE_REACTOR_TLS_TLS_TICKETS_H
#define SLUICE_REACTOR_TLS_TLS_TICKETS_H

#include <array>
#include <chrono>
#include <optional>

#include "../base/mutex.h"
#include "tls_handles.h"

namespace sluice {

class TlsTickets {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws std::system_error if the system gives no random bytes.
  explicit TlsTickets(std::chrono::seconds life);
  TlsTickets(const TlsTickets&) = delete;
  TlsTickets& operator=(const TlsTickets&) = delete;
  ~TlsTickets();

  // OpenSSL's callback, SSL_CTX_set_tlsext_ticket_key_evp_cb(): prepares to encrypt a new ticket,
  // or to decrypt one of which `name` is the key. Returns -1 for an error, 0 if the ticket is not
  // accepted, 1 if it is, and 2 if it is and the client should get a new one.
  int prepare(unsigned char name[16], unsigned char iv[16], EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, bool encrypt, Clock::time_point now) noexcept;

 private:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> aes;
    std::array<unsigned char, 32> hmac;
    Clock::time_point made;
  };

  static bool make(Key& key, Clock::time_point now) noexcept;
  bool rotate(Clock::time_point now) noexcept SLUICE_REQUIRES(mutex_);

  const std::chrono::seconds life_;
  detail::Mutex mutex_;
  Key current_ SLUICE_GUARDED_BY(mutex_);
  std::optional<Key> previous_ SLUICE_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif
