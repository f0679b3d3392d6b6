#include "../../reactor/base/text/quote.h"
#include "international_name.h"
#include "usage_error.h"

namespace sluice::tools {

std::string ascii_name(std::string_view text) {
  if (!is_international(text)) return std::string(text);
  throw UsageError("name " + quote(text) +
                   ": international names are not in this build; allowed: the ASCII form, xn--...");
}

std::string unicode_name(const std::string& /*name*/) { return {}; }

}  // namespace sluice::tools
