// The interface of a connection's handler.
//
// What it is: the events of a connection, and the handler's results. The same handler works over
// TCP, over Unix sockets and with an in-memory peer.
// Lifetime: a connection owns its handler, or shares one with others (see ProtocolRef). A
// Connection& is valid until its on_close() has returned.
// Thread: the loop's. Callbacks are not nested: none runs inside another one of any connection,
// except on_open() of a connection that a callback makes with Connection::adopt().
// Errors: an exception from a callback closes that connection (CloseReason::handler_threw), and the
// loop reports it.
#ifndef SLUICE_REACTOR_STREAM_PROTOCOL_H
#define SLUICE_REACTOR_STREAM_PROTOCOL_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "../base/address.h"
#include "../base/export.h"

namespace sluice {

class Connection;

class SLUICE_EXPORT Protocol {
 public:
  virtual ~Protocol() = default;

  // Runs once, first, before anything is read. With a transport, when its handshake is done.
  virtual void on_open(Connection& connection);
  // Bytes have arrived. Returns how many were consumed, at most in.size(). The rest is delivered
  // again together with the next bytes. `in` is valid until this returns.
  virtual std::size_t on_data(Connection& connection, std::span<const std::byte> in) = 0;
  // The peer will send no more. The default sends the queue, then closes. A handler that overrides
  // it may continue to send, and closes when it has finished.
  virtual void on_eof(Connection& connection);
  // After Connection::watch_hangup(): the peer has ended its stream, or closed. What it sent before
  // may still be unread, and on_eof() runs when the connection has read that far. The default does
  // nothing.
  virtual void on_hangup(Connection& connection);
  // The queue was above the high-water mark, and has fallen below the low-water mark.
  virtual void on_writable(Connection& connection);
  // Runs once when the loop or the listener drains. What the peer had sent until then is still
  // delivered, and then the connection closes. A handler that sends without end should call
  // close(). The default does nothing.
  virtual void on_drain(Connection& connection);
  // Runs once, last, and never inside another callback. `reason` is false after an orderly close.
  // It also runs for a connection whose transport did not finish its handshake: then on_open()
  // never ran, and opened() is false. Sends do nothing any more; the addresses and counts are still
  // available.
  virtual void on_close(Connection& connection, std::error_code reason);
};

// The handler of a connection: its own, or one that many connections share.
class SLUICE_EXPORT ProtocolRef {
 public:
  // Owned by the connection. Null refuses the newcomer.
  template <class Derived>
  ProtocolRef(std::unique_ptr<Derived> own) noexcept  // NOLINT(google-explicit-constructor)
      : word_(reinterpret_cast<std::uintptr_t>(static_cast<Protocol*>(own.release()))) {
    if (word_ != 0) word_ |= kOwned;
  }
  ProtocolRef(std::nullptr_t) noexcept : word_(0) {}  // NOLINT(google-explicit-constructor)
  // Shared. REQUIRES: `shared` outlives every connection that uses it.
  ProtocolRef(Protocol& shared) noexcept  // NOLINT(google-explicit-constructor)
      : word_(reinterpret_cast<std::uintptr_t>(&shared)) {}
  ProtocolRef(ProtocolRef&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
  ProtocolRef& operator=(ProtocolRef&& other) noexcept {
    if (this != &other) {
      reset();
      word_ = std::exchange(other.word_, 0);
    }
    return *this;
  }
  ~ProtocolRef() { reset(); }

  [[nodiscard]] Protocol* get() const noexcept {
    return reinterpret_cast<Protocol*>(word_ & ~kOwned);
  }
  Protocol* operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return word_ != 0; }
  void reset() noexcept {
    // Empty first, because the handler's destructor may call this again.
    const std::uintptr_t last = std::exchange(word_, 0);
    if ((last & kOwned) != 0) delete reinterpret_cast<Protocol*>(last & ~kOwned);
  }

 private:
  // One word, because each connection has one. A Protocol is aligned to more than one byte, so the
  // lowest bit can store whether the handler is owned.
  static constexpr std::uintptr_t kOwned = 1;
  std::uintptr_t word_;
};

// Makes the handler of a newcomer. If it throws, the newcomer is refused and the exception is
// reported.
using ProtocolFactory = std::function<ProtocolRef(const Address& peer)>;

}  // namespace sluice

#endif
