#include "address_key.h"

#include <variant>

#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

Value AddressKey::read(std::string_view text) const {
  const std::optional<Address> address = reader_(text);
  if (!address) {
    throw UsageError(std::string(name()) + ' ' + quote(text) + " is not " + allowed());
  }
  return *address;
}

std::string AddressKey::write(const Value& value) const {
  const auto& address = std::get<Address>(value);
  return address.is_unix() ? address.path() : address.host();
}

}  // namespace sluice::tools::daemon
