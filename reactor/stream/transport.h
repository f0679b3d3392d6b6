// What stands between a connection's socket and its handler: TLS, a PROXY header, or your own.
//
// What it is: an interface that a program implements to change the bytes on their way. A connection
// on a plain socket has no transport and makes the system calls itself. With one, it asks the
// transport, and the transport asks its Wire.
//
//   socket or memory  <->  Wire  <->  Transport  <->  Connection  <->  Protocol
//
// Lifetime: made by a TransportFactory (ConnectionOptions::transport), owned by its connection,
// and destroyed after on_close(), before the descriptor is closed. Its destructor must not use the
// wire: what is to be written at the end is written by shutdown_write().
// Thread: the loop's. No function may block, or call its connection.
// Errors: IoResult::failed ends the connection: in open() as CloseReason::open_failed, later as
// CloseReason::system_error for an errno of std::generic_category(), else as
// CloseReason::transport_error. on_close() receives that error. An exception ends the connection
// with ENOMEM, and the loop reports it.
//
// Again: open(), read(), write() and shutdown_write() may each answer want_read or want_write,
// whichever of them was called. The connection waits for that event of the wire and calls the same
// function again. It may call sooner; the transport then gives the same answer. At the wire's end,
// want_read would wait for nothing: such a call must fail.
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

  // The handshake, in Connection::State::opening. The connection calls it first, until it answers
  // done, and then runs on_open(). `end`: the peer closed during the handshake.
  virtual IoResult open() = 0;
  // The peer's bytes: done with at least one, or end. What the transport itself owes the peer it
  // writes first, answering want_write until that is done: nothing else would call it again.
  // REQUIRES: `into` is not empty.
  virtual IoResult read(std::span<std::byte> into) = 0;
  // The handler's bytes: done with how many of them, at least one, the wire has taken whole. After
  // want_read or want_write the next call begins with the same bytes, which may lie elsewhere, in
  // other pieces, and be followed by more. REQUIRES: at least one byte.
  virtual IoResult write(std::span<const iovec> parts) = 0;
  // The handler will send no more, and everything that it sent is written. Also called when the
  // peer has ended first.
  virtual IoResult shutdown_write() = 0;

  // Whether read() has an answer other than want_read without reading the wire: bytes, or the end
  // after them. No event announces these, so the connection reads them without one.
  [[nodiscard]] virtual bool pending() const noexcept { return false; }
  // The peer's address where the transport knows a better one than the socket, as after a PROXY
  // header. It may change until open() is done. None: the socket's.
  [[nodiscard]] virtual std::optional<Address> peer() const { return std::nullopt; }

 private:
  friend class Connection;
  // Kept here and not in Connection, whose size every plain socket pays for.
  std::error_code failure_;
  int read_wants_ = kReadable;   // the event after which to read, or to open, again
  int write_wants_ = kWritable;  // the event after which to write, or to shut down, again
  bool must_read_ = false;       // at the end of the turn, without an event
  bool read_since_write_ = false;
};

// Makes the transport of a new connection on `wire`; the role (client or server) and the settings
// are what the function holds. `peer` is the socket's. Null refuses the newcomer, and so does an
// exception, which is reported.
using TransportFactory = std::function<std::unique_ptr<Transport>(Wire wire, const Address& peer)>;

}  // namespace sluice

#endif
