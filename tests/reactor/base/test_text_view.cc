#include <string>

#include <criterion/criterion.h>

#include <sluice/text_view.h>

using sluice::as_bytes;
using sluice::as_text;

Test(text_view, refers_to_the_same_bytes) {
  const std::string text("with \0 and \xff", 12);
  const std::span<const std::byte> bytes = as_bytes(text);
  cr_expect(bytes.size() == 12);
  cr_expect(bytes[5] == std::byte{0} && bytes[11] == std::byte{0xFF});
  cr_expect(as_text(bytes) == text);
  cr_expect(as_text(bytes).data() == text.data());
  cr_expect(as_text({}).empty() && as_bytes({}).empty());
}
