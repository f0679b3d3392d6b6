// For a build without OpenSSL.
#include "password_hash.h"

namespace sluice::tools::daemon {

bool is_password_hash(std::string_view /*hash*/) { return false; }

bool is_password(std::string_view /*password*/, std::string_view /*hash*/) { return false; }

std::string_view allowed_password_hash() noexcept {
  return "none, because TLS is not in this build";
}

}  // namespace sluice::tools::daemon
