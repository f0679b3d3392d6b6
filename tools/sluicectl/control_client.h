// One command to a daemon, over its control socket.
//
// What it is: connects, sends a line, and reads the answer up to its last line. It blocks, because
// the program has nothing else to do.
// Thread: one. Errors: throws std::system_error that names the socket (ENOENT and ECONNREFUSED: no
// daemon; EACCES: not for this user; EAGAIN: no answer in kPatience), and ProtocolError for an
// answer that the protocol does not have.
// Source: sluicectl(8), PROTOCOL.
#ifndef SLUICE_TOOLS_SLUICECTL_CONTROL_CLIENT_H
#define SLUICE_TOOLS_SLUICECTL_CONTROL_CLIENT_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools::control {

struct ControlAnswer {
  std::vector<std::string> rows;  // a JSON object each
  std::string text;               // whole lines
  std::string error;              // empty: the daemon did what it was asked for
};

class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How long the daemon may be silent within an answer.
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kMaxAnswer = 256 * 1024 * 1024;  // bytes

// `command` has no newline.
ControlAnswer ask(const std::string& socket_path, std::string_view command);

// Calls `take` for each row of an answer that ends only when the daemon closes the connection.
// Returns when it does, or at the end of the answer, whose error is in the result.
ControlAnswer follow(const std::string& socket_path, std::string_view command,
                     const std::function<void(const std::string& row)>& take);

// Adds one line, without its newline, to `answer`. True if it was the last one.
bool add_line(ControlAnswer& answer, std::string_view line);

}  // namespace sluice::tools::control

#endif
