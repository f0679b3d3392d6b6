// A key whose value is an address of some sort.
#include <optional>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/settings/address_key.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

std::optional<Address> read_any(std::string_view text) {
  if (text.starts_with('/')) return Address::from_path(text);
  return Address::from_ip(text, 0);
}
std::string describe_any() { return "an address or a path"; }

constexpr AddressKey kAny({.name = "at", .form = "ADDRESS", .summary = ""}, read_any, describe_any);

}  // namespace

Test(address_key, writes_what_it_reads) {
  for (const std::string text : {"127.0.0.1", "ff02::1", "/run/x.sock"}) {
    cr_expect(kAny.write(kAny.read(text)) == text, "%s", text.c_str());
  }
  cr_expect(not kAny.fallback().has_value());
}

Test(address_key, describes_what_is_allowed) {
  expect_message("x", usage_error_of([] { (void)kAny.read("x"); }),
                 "at \"x\" is not an address or a path");
}
