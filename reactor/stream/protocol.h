// The interface that a per-connection handler implements.
//
// What it is: what a connection tells its handler, and what the handler answers. The same handler
// runs over TCP, over Unix sockets and over an in-memory peer.
// Lifetime: a connection owns its handler, or shares one without state with others (see
// ProtocolRef). A Connection& is valid until its on_close() has returned.
// Thread: the loop's. Callbacks are not nested: none runs inside another one, of any connection,
// but for on_open() of a connection that a callback itself makes with Connection::adopt().
// Errors: an exception that leaves a callback closes that connection (CloseReason::handler_threw)
// and is reported by the loop.
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

  // Once, first, before anything is read. With a transport, when its handshake is done.
  virtual void on_open(Connection& connection);
  // Bytes arrived. Returns how many were consumed, at most in.size(); the rest is shown again,
  // together with what arrives next. `in` dies when this returns.
  virtual std::size_t on_data(Connection& connection, std::span<const std::byte> in) = 0;
  // The peer will send no more. The default flushes, then closes; a handler that overrides it may
  // go on sending, and closes when it is done.
  virtual void on_eof(Connection& connection);
  // What waited above the high-water mark has fallen below the low-water mark.
  virtual void on_writable(Connection& connection);
  // Once, last, and never inside another callback. `reason` tests false after an orderly close.
  // It also runs for a connection whose transport did not finish its handshake: on_open() never
  // ran, and opened() is false.
  // Sends do nothing any more; the addresses and counts can still be asked for.
  virtual void on_close(Connection& connection, std::error_code reason);
};

// Who speaks on a connection: a handler of its own, or one that many connections share.
class SLUICE_EXPORT ProtocolRef {
 public:
  // Its own; null means that the newcomer is refused.
  template <class Derived>
  ProtocolRef(std::unique_ptr<Derived> own) noexcept  // NOLINT(google-explicit-constructor)
      : word_(reinterpret_cast<std::uintptr_t>(static_cast<Protocol*>(own.release()))) {
    if (word_ != 0) word_ |= kOwned;
  }
  ProtocolRef(std::nullptr_t) noexcept : word_(0) {}  // NOLINT(google-explicit-constructor)
  // Shared. REQUIRES: `shared` outlives every connection that it is given to.
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
    // Empty first: the handler's destructor may come back here.
    const std::uintptr_t last = std::exchange(word_, 0);
    if ((last & kOwned) != 0) delete reinterpret_cast<Protocol*>(last & ~kOwned);
  }

 private:
  // One word, because there is one in every connection: a Protocol is aligned to more than a byte,
  // so the lowest bit is free to say who owns it.
  static constexpr std::uintptr_t kOwned = 1;
  std::uintptr_t word_;
};

// Makes the handler of a newcomer. What it throws refuses the newcomer and is reported.
using ProtocolFactory = std::function<ProtocolRef(const Address& peer)>;

}  // namespace sluice

#endif
