#include "password_hash.h"

#include "../../../reactor/tls/scrypt_hash.h"

namespace sluice::tools::daemon {

bool is_password_hash(std::string_view hash) { return ScryptHash::read(hash).has_value(); }

bool is_password(std::string_view password, std::string_view hash) {
  const auto known = ScryptHash::read(hash);
  return known && known->matches(password);
}

std::string_view allowed_password_hash() noexcept {
  return "$scrypt$ln=N,r=8,p=1$SALT$HASH, where N is 10-15";
}

}  // namespace sluice::tools::daemon
