// Adds the name of the call and the endpoint to a std::system_error.
//
// Errors: a std::system_error of `call` is thrown again with the same code and the message
// "fcntl tcp://[::1]:7: ...".
#ifndef SLUICE_REACTOR_BASE_NAMED_CALL_H
#define SLUICE_REACTOR_BASE_NAMED_CALL_H

#include <string>
#include <system_error>

namespace sluice {

template <class Call>
auto named_call(const char* name, const std::string& endpoint, Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), std::string(name) + " " + endpoint);
  }
}

}  // namespace sluice

#endif
