// What a connector says about its failures.
#include <string>

#include "connector.h"

namespace sluice {

std::string ConnectError::message() const {
  if (look_up) return host + ": " + look_up.message();
  std::string text;
  for (const ConnectFailure& failure : failures) {
    if (!text.empty()) text += "; ";
    text += failure.address.to_string() + ": ";
    if (failure.call != "connect") text.append(failure.call).append(": ");
    text += failure.error.message();
  }
  return text.empty() ? "no address" : text;
}

}  // namespace sluice
