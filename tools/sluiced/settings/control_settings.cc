#include "control_settings.h"

#include <grp.h>

#include "../../../reactor/base/text/quote.h"
#include "../../common/digits.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

Endpoint ControlSettings::socket_from(std::string_view path) {
  return Endpoint::from("unix://" + std::string(path));
}

mode_t ControlSettings::mode_from(std::string_view text) { return parse_mode("mode", text); }

ControlGroup ControlSettings::group_from(std::string_view text) {
  const std::string name(text);
  // The largest number means "no group" to the system.
  if (is_digits(text))
    return {name, static_cast<gid_t>(parse_number("group", text, 0, kMaxCount - 1))};
  const ::group* const found = ::getgrnam(name.c_str());
  if (found == nullptr) {
    throw UsageError("group " + quote(name) + " is not a group of this system");
  }
  return {name, found->gr_gid};
}

}  // namespace sluice::tools::daemon
