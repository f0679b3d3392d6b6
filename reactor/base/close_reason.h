// Why a connection ended: on_close() receives it, and the loop counts ends by it.
//
// What it is: an enumeration, and the std::error_code that carries it. The error_code of the two
// orderly ends tests false; that of every other reason tests true and has a message. A failed
// system call keeps its errno in std::generic_category(). It counts as CloseReason::peer_reset when
// that is ECONNRESET or EPIPE, else as CloseReason::system_error.
// The error of a transport keeps its own category.
#ifndef SLUICE_REACTOR_BASE_CLOSE_REASON_H
#define SLUICE_REACTOR_BASE_CLOSE_REASON_H

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "export.h"

namespace sluice {

enum class CloseReason : std::uint8_t {
  open,             // not closed yet
  peer_closed,      // the peer ended first, and all output was flushed: orderly
  closed,           // close() was called, and all output was flushed: orderly
  aborted,          // abort() was called
  idle_timeout,     // no byte went either way for ConnectionOptions::idle_timeout
  write_timeout,    // the peer accepted no pending output for ConnectionOptions::write_timeout
  queue_limit,      // a send would have exceeded ConnectionOptions::queue_limit
  input_limit,      // the handler left more unconsumed than ConnectionOptions::input_limit
  handler_threw,    // an exception left a handler
  drain_deadline,   // a drain, of the loop or of the listener, ran out of time
  loop_destroyed,   // the loop was destroyed while the connection was open
  open_timeout,     // the transport's handshake took longer than ConnectionOptions::open_timeout
  open_failed,      // the transport's handshake failed; the error_code says which way
  transport_error,  // the transport failed later; the error_code says which way
  message_timeout,  // a message, or the first one, was not complete in time
  peer_reset,       // the peer sent RST, or closed before it read all: ECONNRESET or EPIPE
  system_error,     // a system call failed; the error_code says which way
  moved             // to another loop: Connection::move_to()
};
inline constexpr std::size_t kCloseReasons = 18;

// "peer closed", "idle timeout", …
SLUICE_EXPORT std::string_view to_string(CloseReason reason) noexcept;

// Its name is "sluice", and its message() is to_string(). Value 0 stands for both orderly ends,
// whose message is "closed in order"; every other reason has its own value.
SLUICE_EXPORT const std::error_category& close_category() noexcept;
SLUICE_EXPORT std::error_code make_error_code(CloseReason reason) noexcept;

}  // namespace sluice

template <>
struct std::is_error_code_enum<sluice::CloseReason> : std::true_type {};

#endif
