// What an operator should know: an exception that left a handler, a listener out of descriptors, a
// limit that was reached. The library prints nothing, so it passes reports to the program.
#ifndef SLUICE_REACTOR_BASE_REPORT_H
#define SLUICE_REACTOR_BASE_REPORT_H

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>

namespace sluice {

struct Report {
  enum class Kind : std::uint8_t {
    handler_threw,       // an exception left a callback; `what` holds its what()
    out_of_descriptors,  // EMFILE, ENFILE, ENOBUFS, ENOMEM on accept; accepting pauses
    accept_resumed,      // accepting continues after such a pause
    refused,             // a newcomer was refused for a limit on connections
    socket_error,        // a socket call failed, and the service continues
    memory_limit,        // the connections of a loop hold more than LoopOptions::max_memory
    slow_turn,           // a turn of the loop took long; `where` is its slowest callback
    malformed            // a peer sent what its protocol does not allow; `what` says who and what
  };
  Kind kind;
  std::string where;  // the endpoint or the callback
  std::string what;   // a message
  std::error_code error;
  // The number of such events that this report stands for: repeated events are reported at most
  // once a second.
  std::uint64_t count = 1;
};

// Runs on the loop's thread, and while the loop is destroyed. What it throws is dropped.
using Reporter = std::function<void(const Report&)>;

}  // namespace sluice

#endif
