// Percent-decoding of a part of a URL. "%zz" stays, because it is no encoding of anything.
//
// Errors: std::bad_alloc. Thread: any. Source: RFC 3986, section 2.1.
#ifndef SLUICE_TOOLS_COMMON_PERCENT_H
#define SLUICE_TOOLS_COMMON_PERCENT_H

#include <string>
#include <string_view>

#include "number.h"

namespace sluice::tools {

inline std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = parse_digits(text.substr(i + 1, 2), 16)) {
        out += static_cast<char>(*byte);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace sluice::tools

#endif
