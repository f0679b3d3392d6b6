// What several groups of options check in the same way.
//
// Errors: UsageError. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_TALK_OPTION_CHECKS_H
#define SLUICE_TOOLS_SLUICE_TALK_OPTION_CHECKS_H

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "../../reactor/base/text/quote.h"
#include "../common/digits.h"
#include "../common/usage_error.h"

namespace sluice::tools::talk {

inline void refuse_if(bool wrong, const std::string& message) {
  if (wrong) throw UsageError(message);
}

inline std::string checked_text(std::string_view value, std::size_t most) {
  if (!value.empty() && value.size() <= most) return std::string(value);
  throw UsageError("length " + std::to_string(value.size()) + " is not in 1-" +
                   std::to_string(most));
}

// Of "localhost:99999", with or without a scheme: the port must be there, and be a number in
// `least`-65535. What is no host or no endpoint is for the parser to judge.
inline void check_port(std::string_view endpoint, unsigned least) {
  const std::size_t scheme = endpoint.find("://");
  const std::string_view authority = endpoint.substr(scheme == endpoint.npos ? 0 : scheme + 3);
  const std::string allowed = std::to_string(least) + "-65535";
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  refuse_if(colon == authority.npos || colon + 1 == authority.size(),
            "port is missing after " + quote(endpoint) + "; allowed: " + allowed);
  std::string_view port = authority.substr(colon + 1);
  if (port.find_first_of(":/") != port.npos) return;
  refuse_if(!is_digits(port), "port " + quote(port) + " is neither a number in " + allowed +
                                  " nor the name of a service");
  const std::string shown = escape(port, kMaxQuoted);
  port.remove_prefix(std::min(port.find_first_not_of('0'), port.size() - 1));
  unsigned number = 0;
  for (const char digit : port.substr(0, 6))
    number = number * 10 + static_cast<unsigned>(digit - '0');
  refuse_if(number < least || number > 65535, "port " + shown + " is not in " + allowed);
}

}  // namespace sluice::tools::talk

#endif
