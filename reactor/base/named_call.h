// Gives a failure the endpoint that the function which throws it does not know of.
//
// Errors: what `call` throws as std::system_error is thrown again as "fcntl tcp://[::1]:7: …"; the
// code is the same.
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
