#include "tls_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "tls_bio.h"
#include "tls_error.h"
#include "tls_errors.h"
#include "tls_names.h"

namespace sluice {

namespace {

// The bytes of the handler in a record: RFC 8446, section 5.1.
constexpr std::size_t kMaxRecord = 16 * 1024;
// A block of at least this size becomes a record without a copy. Smaller ones that follow each
// other share a record, because each has a header, a tag, and a system call.
constexpr std::size_t kOwnRecord = 4 * 1024;
// The maximum of one write(), so that other connections are served as well.
constexpr std::size_t kMaxWrite = 256 * 1024;
// How much of what a peer has sent is read and dropped after a handshake that failed.
constexpr std::size_t kMaxDiscarded = 64 * 1024;

// What is left of the parts of a write.
class Parts {
 public:
  explicit Parts(std::span<const iovec> parts) noexcept : parts_(parts) { skip_empty(); }

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  // The next bytes in one piece, `exactly` so many, or as many as suit a record if that is 0.
  // `room` is used if they must be copied.
  std::span<const std::byte> piece(std::size_t exactly, std::array<std::byte, kMaxRecord>& room) {
    const std::size_t first = parts_[0].iov_len - offset_;
    if (exactly == 0 && (first >= kOwnRecord || parts_.size() == 1)) {
      exactly = std::min(first, kMaxRecord);
    }
    if (exactly != 0 && exactly <= first) return {at(0) + offset_, exactly};
    std::size_t size = 0;
    std::size_t offset = offset_;
    const std::size_t most = exactly != 0 ? exactly : kMaxRecord;
    for (std::size_t i = 0; i < parts_.size() && size < most; ++i, offset = 0) {
      const std::size_t count = std::min(parts_[i].iov_len - offset, most - size);
      if (count > 0) std::memcpy(room.data() + size, at(i) + offset, count);
      size += count;
    }
    return {room.data(), size};
  }
  void consume(std::size_t count) noexcept {
    while (count > 0) {
      const std::size_t here = std::min(count, parts_[0].iov_len - offset_);
      offset_ += here;
      count -= here;
      skip_empty();
    }
  }

 private:
  [[nodiscard]] const std::byte* at(std::size_t part) const noexcept {
    return static_cast<const std::byte*>(parts_[part].iov_base);
  }
  void skip_empty() noexcept {
    while (!parts_.empty() && offset_ == parts_[0].iov_len) {
      parts_ = parts_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const iovec> parts_;
  std::size_t offset_ = 0;  // in the first of them
};

std::string_view view(const char* text) noexcept { return text != nullptr ? text : ""; }

// SSL_get_error() takes an error that the program has left on this thread for one of the call.
// Clearing takes 800 instructions, because it writes every place of the list, so a list that is
// empty, as it nearly always is, is left alone.
void clear_old_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void TlsTransport::Free::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

TlsTransport::TlsTransport(ssl_st* owned, Wire wire) : ssl_(owned), wire_{.wire = wire} {
  BIO* bio = make_bio(wire_).release();
  SSL_set_bio(owned, bio, bio);
}

TlsTransport::~TlsTransport() { leave_handshake(); }

void TlsTransport::leave_handshake() noexcept {
  if (handshakes_ != nullptr) handshakes_->fetch_sub(1, std::memory_order_relaxed);
  handshakes_ = nullptr;
}

const TlsTransport* TlsTransport::of(const Connection& connection) noexcept {
  Transport* transport = connection.transport();
  while (transport != nullptr) {
    if (const auto* tls = dynamic_cast<const TlsTransport*>(transport)) return tls;
    transport = transport->inner();
  }
  return nullptr;
}

// What OpenSSL's function, which has `returned` a failure, waits for or failed with.
IoResult TlsTransport::result_of(int returned) noexcept {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return IoResult::want_read();
    case SSL_ERROR_WANT_WRITE:
      return IoResult::want_write();
    case SSL_ERROR_ZERO_RETURN:
      return IoResult::end();
    default:
      break;
  }
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  // Before the error of the wire, which can be that of the alert that OpenSSL sends on this.
  if (wire_.ended && (error == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
    ERR_clear_error();
    return IoResult::failed(TlsErrc::truncated);
  }
  // It says more than what OpenSSL makes of it.
  if (wire_.error != 0) {
    ERR_clear_error();
    return IoResult::failed(wire_.error);
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
    ERR_clear_error();
    return IoResult::failed(verify_error(verdict));
  }
  return IoResult::failed(take_tls_error());
}

IoResult TlsTransport::open() {
  clear_old_errors();
  const int returned = SSL_do_handshake(ssl_.get());
  if (returned == 1) {
    open_ = true;
    leave_handshake();
    return IoResult::done();
  }
  const IoResult result = result_of(returned);
  if (result.status == IoResult::Status::failed) {
    if (result.error == TlsErrc::truncated) return IoResult::end();
    discard_unread();
  }
  return result;
}

// OpenSSL has sent an alert that says why. If the socket were closed with unread input, the system
// would reset the connection, and the reset could overtake the alert.
void TlsTransport::discard_unread() noexcept {
  std::array<std::byte, 4096> room;
  try {
    (void)wire_.wire.shutdown_write();
    for (std::size_t count = 0; count < kMaxDiscarded;) {
      const IoResult result = wire_.wire.read(room);
      if (!result.is_done()) return;
      count += result.bytes;
    }
  } catch (...) {  // a stream in memory that has none left: the alert may be lost
    return;
  }
}

IoResult TlsTransport::read(std::span<std::byte> into) {
  if (kept_ && kept_->status == IoResult::Status::failed) return *kept_;
  kept_.reset();
  std::size_t total = 0;
  for (;;) {
    clear_old_errors();
    std::size_t count = 0;
    const int returned = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &count);
    if (returned != 1) {
      const IoResult result = result_of(returned);
      if (total == 0) return result;
      if (result.status != IoResult::Status::want_read) kept_ = result;
      return IoResult::done(total);
    }
    total += count;
    // A record that is not full is nearly always the last one that has arrived: it saves the system
    // call that would find nothing.
    if (count < kMaxRecord || total == into.size()) return IoResult::done(total);
  }
}

IoResult TlsTransport::write(std::span<const iovec> parts) {
  std::array<std::byte, kMaxRecord> room;
  Parts left(parts);
  std::size_t total = 0;
  while (!left.empty() && total < kMaxWrite) {
    const std::span<const std::byte> piece = left.piece(in_flight_, room);
    clear_old_errors();
    std::size_t count = 0;
    const int returned = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &count);
    if (returned != 1) {
      const IoResult result = result_of(returned);
      if (result.status == IoResult::Status::failed) return result;
      in_flight_ = piece.size();
      return total > 0 ? IoResult::done(total) : result;
    }
    in_flight_ = 0;
    total += count;
    left.consume(count);
  }
  return IoResult::done(total);
}

IoResult TlsTransport::shutdown_write() {
  clear_old_errors();
  const int returned = SSL_shutdown(ssl_.get());
  if (returned < 0) {
    const IoResult result = result_of(returned);
    if (result.status != IoResult::Status::end) return result;
  }
  return wire_.wire.shutdown_write();
}

bool TlsTransport::pending() const noexcept { return kept_ || SSL_pending(ssl_.get()) > 0; }

std::string_view TlsTransport::version() const noexcept {
  return open_ ? view(SSL_get_version(ssl_.get())) : "";
}

std::string_view TlsTransport::cipher() const noexcept {
  return open_ ? view(SSL_get_cipher_name(ssl_.get())) : "";
}

std::string_view TlsTransport::alpn() const noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsTransport::sni() const noexcept {
  return open_ ? view(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)) : "";
}

bool TlsTransport::resumed() const noexcept { return open_ && SSL_session_reused(ssl_.get()) == 1; }

bool TlsTransport::peer_verified() const noexcept {
  return open_ && (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0 &&
         SSL_get0_peer_certificate(ssl_.get()) != nullptr &&
         SSL_get_verify_result(ssl_.get()) == X509_V_OK;
}

std::string TlsTransport::peer_name() const {
  if (!peer_verified()) return {};
  const std::vector<std::string> names = names_of(SSL_get0_peer_certificate(ssl_.get()));
  return names.empty() ? std::string() : names.front();
}

std::optional<TlsPeerCertificate> TlsTransport::peer_certificate() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return std::nullopt;
  return describe(certificate);
}

}  // namespace sluice
