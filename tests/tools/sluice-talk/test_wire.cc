// How a message goes onto the wire.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-talk/wire.h"

using sluice::tools::talk::Wire;
using sluice::tools::talk::WireOptions;

namespace {

struct Encoded {
  std::string bytes;
  std::string why;
};

Encoded encoded(const WireOptions& options, std::string_view message) {
  Wire wire(options);
  Encoded result;
  result.why = wire.encode(message, result.bytes);
  return result;
}

}  // namespace

Test(wire, a_framing_by_name) {
  cr_expect(encoded({"line"}, "hello").bytes == "hello\n");
  cr_expect(encoded({"decimal:3"}, "hello").bytes == "005hello");
  cr_expect(Wire({"line"}).lines());
  cr_expect(!Wire({"u8"}).lines());
}

Test(wire, none_changes_nothing) {
  cr_expect(encoded({}, "a\nb").bytes == "a\nb");
  cr_expect(!Wire({}).framed());
}

Test(wire, crlf_ends_lines_and_datagrams) {
  cr_expect(encoded({"line", true}, "a").bytes == "a\r\n");
  cr_expect(encoded({"none", true, true}, "a").bytes == "a\r\n");
}

Test(wire, what_cannot_be_said_is_named_with_the_limit_and_leaves_nothing) {
  const Encoded result = encoded({"decimal:1"}, "ten bytes!");
  cr_expect(result.bytes.empty());
  cr_expect(result.why.starts_with("framing decimal:1: "), "%s", result.why.c_str());
  cr_expect(result.why.find("10 bytes") != result.why.npos);
  cr_expect(result.why.find(" 9 ") != result.why.npos);
  cr_expect(!encoded({"line"}, "a\nb").why.empty());
}

Test(wire, a_datagram_is_as_long_as_udp_lets_it) {
  const std::string most(Wire::kMaxDatagram, 'x');
  cr_expect(encoded({"none", false, true}, most).why.empty());
  const Encoded above = encoded({"none", false, true}, most + 'x');
  cr_expect(above.bytes.empty());
  expect_message("65508", above.why,
                 "a datagram of 65508 bytes is too long; allowed: at most 65507");
  cr_expect(!encoded({"u16be", false, true}, most).why.empty());  // with its header
}

Test(wire, receives_what_the_framing_can_say_up_to_a_limit) {
  cr_expect(Wire({"decimal:3"}).framing().limit() == 999);
  cr_expect(Wire({"u64be"}).framing().limit() == Wire::kMaxMessage);
  cr_expect(Wire({"fixed:5"}).framing().limit() == 5);
}

Test(wire, an_unknown_framing_is_named) {
  const std::string why = usage_error_of([] { (void)Wire({"morse"}); });
  cr_expect(why.find("\"morse\"") != why.npos, "%s", why.c_str());
  cr_expect(why.ends_with(", and none"), "%s", why.c_str());
}
