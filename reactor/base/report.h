// Something that an operator should hear of, told to the embedder because the library prints
// nothing: an exception that left a handler, a listener out of descriptors, a limit reached.
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
    accept_resumed,      // and goes on again
    refused,             // a newcomer was refused for a limit on connections
    socket_error,        // a socket call failed and the service goes on
    malformed            // a peer sent what its protocol does not allow; `what` says who and what
  };
  Kind kind;
  std::string where;  // the endpoint or the callback
  std::string what;   // in words
  std::error_code error;
  // How many such events this report stands for: repeated ones are told once a second at most.
  std::uint64_t count = 1;
};

// Runs on the loop's thread. It must not throw; what it throws is dropped.
using Reporter = std::function<void(const Report&)>;

}  // namespace sluice

#endif
