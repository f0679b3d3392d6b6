// The requests of the worker to its parent, and the answers: the bytes of the messages.
//
// There are two socket pairs between them. On the first one, each request of the worker has one
// answer, which it waits for. On the second one, nobody waits for an answer: the worker asks for
// the configuration to be read again; the parent sends the result, and signals.
//
//   request   kind (4 bytes), number (4), text (0 to kMaxText)
//   answer    number (4), error (4), value (4), and the descriptor that was asked for
//
// Numbers are in the byte order of the host, on which both processes are. The text is a name that
// the parent looks up in its own list (privileged_list.h); it never becomes a path.
// Thread: any. Errors: nothing throws.
#ifndef SLUICE_TOOLS_SLUICED_PRIVILEGES_REQUEST_H
#define SLUICE_TOOLS_SLUICED_PRIVILEGES_REQUEST_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::tools::daemon {

enum class RequestKind : std::uint32_t {
  // With a descriptor as the answer:
  socket = 1,  // of an endpoint: bound, and listening unless over UDP
  file,        // to read: a certificate, a key
  log,         // a target of the log
  // The file of an endpoint's Unix socket:
  own_file,     // the parent sets its mode, and removes it at the end
  leave_file,   // another daemon has it
  remove_file,  // nobody listens there any more
  // The life of the daemon:
  notify,        // the text is for the service manager
  upgrade,       // start this program again; it gets the descriptor that is sent along
  end_upgrade,   // end that program; the value is its wait status
  main_process,  // that program takes the place of this one
  configured,    // the configuration that was read last is in use
  unchanged,     // it is not
  descriptors,   // the value is how many descriptors the worker has open
  // On the second pair, from the worker:
  reload,  // read the configuration again
  // On the second pair, from the parent:
  signal,         // the number is that of the signal
  configuration,  // the descriptor has the text; the number is 0, or 1 if the text is of faults.
                  // Without a descriptor there is no text
};
inline constexpr RequestKind kLastRequest = RequestKind::configuration;

struct Request {
  RequestKind kind{};
  std::uint32_t number = 0;
  std::string_view text = {};
};

struct Answer {
  std::uint32_t number = 0;  // of the request
  std::int32_t error = 0;    // an errno
  std::int32_t value = 0;
};

inline constexpr std::size_t kMaxText = 4095;
inline constexpr std::size_t kRequestHead = 2 * sizeof(std::uint32_t);
using RequestBytes = std::array<std::byte, kRequestHead + kMaxText>;
using AnswerBytes = std::array<std::byte, sizeof(Answer)>;

// The part of `room` that has the bytes. Empty if the text is too long.
std::span<const std::byte> encode(const Request& request, RequestBytes& room) noexcept;
AnswerBytes encode(const Answer& answer) noexcept;

// Nothing if it is not a request that a worker sends: too short or too long, of no known kind, or
// with a NUL in its text, or with a text where there is none, or none where there is one. The text
// is a view of `bytes`.
std::optional<Request> decode_request(std::span<const std::byte> bytes) noexcept;
std::optional<Answer> decode_answer(std::span<const std::byte> bytes) noexcept;

// Whether a text for the service manager says only what a worker may say: that it is ready, alive,
// reloading or stopping, and a status.
bool is_notification(std::string_view text) noexcept;

}  // namespace sluice::tools::daemon

#endif
