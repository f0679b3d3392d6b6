// CRC-32C against the values of RFC 3720, appendix B.4, and the usual check.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/proxy/crc32c.h"

namespace {

std::uint32_t sum_of(std::string_view text) {
  sluice::Crc32c sum;
  sum.add(std::as_bytes(std::span(text)));
  return sum.value();
}

}  // namespace

Test(crc32c, has_the_published_values) {
  cr_expect(sum_of("") == 0);
  cr_expect(sum_of("123456789") == 0xE3069283);
  cr_expect(sum_of(std::string(32, '\0')) == 0x8A9136AA);
  cr_expect(sum_of(std::string(32, '\xFF')) == 0x62A8AB43);
}

Test(crc32c, is_the_same_in_parts) {
  constexpr std::string_view kText = "123456789";
  for (std::size_t i = 0; i <= kText.size(); ++i) {
    sluice::Crc32c sum;
    sum.add(std::as_bytes(std::span(kText.substr(0, i))));
    sum.add(std::as_bytes(std::span(kText.substr(i))));
    cr_expect(sum.value() == 0xE3069283);
  }
}
