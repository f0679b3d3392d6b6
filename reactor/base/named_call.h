// Errors of the system as a std::system_error that names the call and the endpoint.
//
// Errors: a std::system_error of `call` is thrown again with the same code and the message
// "fcntl tcp://[::1]:7: ...".
#ifndef SLUICE_REACTOR_BASE_NAMED_CALL_H
#define SLUICE_REACTOR_BASE_NAMED_CALL_H

#include <string>
#include <system_error>

namespace sluice {

// Throws the std::system_error of an errno; `what` is "bind tcp://[::1]:7".
[[noreturn]] inline void fail_call(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

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
