// Stands between a connection's socket and its handler: TLS, a PROXY header, or your own.
//
// What it is: an interface that a program implements to change the bytes on their way. A connection
// on a plain socket has no transport, and makes the system calls itself. With one, it calls the
// transport, and the transport calls its Wire.
//
//   socket or memory  <->  Wire  <->  Transport  <->  Connection  <->  Protocol
//
// Lifetime: a TransportFactory (ConnectionOptions::transport) makes it, and the connection owns it.
// It is destroyed after on_close(), before the descriptor is closed. Its destructor must not use
// the wire: shutdown_write() writes the last bytes.
// Thread: the loop's. No function may block, or call its connection. A call of open() that takes
// long counts against the turn's budget: when that is used up, other handshakes wait for the next.
// Errors: IoResult::failed ends the connection: in open() with CloseReason::open_failed, later with
// CloseReason::peer_reset for ECONNRESET and EPIPE, with CloseReason::system_error for another
// errno of std::generic_category(), otherwise with CloseReason::transport_error. on_close() gets
// that error. An exception ends the connection with ENOMEM, and the loop reports it.
//
// Again: open(), read(), write() and shutdown_write() may each return want_read or want_write. The
// connection waits for that event of the wire, and calls the same function again. It may call it
// earlier; the transport then returns the same. At the end of the wire, want_read would wait for
// nothing: the call must fail instead.
#ifndef SLUICE_REACTOR_STREAM_TRANSPORT_H
#define SLUICE_REACTOR_STREAM_TRANSPORT_H

#include <sys/uio.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "../base/address.h"
#include "../base/export.h"
#include "../loop/watcher.h"
#include "wire.h"

namespace sluice {

class SLUICE_EXPORT Transport {
 public:
  Transport() noexcept = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport();

  // The handshake, in Connection::State::opening. The connection calls it first, until it returns
  // done, and then runs on_open(). `end`: the peer closed during the handshake.
  virtual IoResult open() = 0;
  // Reads bytes of the peer: done with at least one, or end. If the transport itself still has
  // bytes for the peer, it writes them first, and returns want_write until that is done, because
  // nothing else would call it again. REQUIRES: `into` is not empty.
  virtual IoResult read(std::span<std::byte> into) = 0;
  // Writes bytes of the handler: done with how many of them, at least one, the wire has accepted
  // whole. After want_read or want_write the next call begins with the same bytes, which may be at
  // another address, in other pieces, and followed by more. REQUIRES: at least one byte.
  virtual IoResult write(std::span<const iovec> parts) = 0;
  // The handler will send no more, and everything that it sent has been written. Also called if the
  // peer has ended first.
  virtual IoResult shutdown_write() = 0;

  // Whether read() can return something other than want_read without reading the wire: bytes, or
  // the end after them. There is no event for these, so the connection reads them without one.
  [[nodiscard]] virtual bool pending() const noexcept { return false; }
  // The peer's address, if the transport knows a better one than the socket, such as from a PROXY
  // header. It may change until open() is done. None: the socket's.
  [[nodiscard]] virtual std::optional<Address> peer() const { return std::nullopt; }
  // The transport to which this one passes the bytes on, such as TLS behind a PROXY header. Null:
  // the connection.
  [[nodiscard]] virtual Transport* inner() const noexcept { return nullptr; }

 private:
  friend class Connection;
  // Here and not in Connection, which would become larger for plain sockets too.
  std::error_code failure_;
  int read_wants_ = kReadable;   // the event after which to read, or to open, again
  int write_wants_ = kWritable;  // the event after which to write, or to shut down, again
  bool must_read_ = false;       // at the end of the turn, without an event
  bool read_since_write_ = false;
};

// Makes the transport of a new connection on `wire`. The function itself holds the role (client or
// server) and the settings. `peer` is the socket's. Null refuses the newcomer, and so does an
// exception, which is reported.
using TransportFactory = std::function<std::unique_ptr<Transport>(Wire wire, const Address& peer)>;

}  // namespace sluice

#endif
