// Names of framings: the valid ones, and the messages for invalid ones.
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <criterion/criterion.h>

#include "support/codecs.h"
#include <sluice/codec_registry.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

namespace {

std::string message_of(std::string_view name) {
  const ParsedCodec parsed = parse_codec(name);
  const auto* wrong = std::get_if<CodecNameError>(&parsed);
  return wrong == nullptr ? "it is read" : wrong->message;
}

void expect_message(const std::string& name, const std::string& want) {
  const std::string got = message_of(name);
  cr_expect(got == want, "%s\n  gives %s\n  not   %s", name.c_str(), got.c_str(), want.c_str());
}

const std::string kAllowed =
    "allowed: decimal:N, u8, u16be, u16le, u32be, u32le, u64be, varint, netstring, line, "
    "fixed:N, delimiter:HEX and slip";

}  // namespace

Test(codec_registry, makes_each_codec_that_it_lists) {
  cr_expect(codec_families().size() == 13);
  for (const CodecFamily& family : codec_families()) {
    cr_expect(make_codec(family.example)->name() == family.example);
    cr_expect(!family.summary.empty());
  }
}

Test(codec_registry, encodes_the_examples_of_sluice_protocols_7) {
  expect_encoded("decimal:3", "hello", from_hex("30 30 35 68 65 6c 6c 6f"));
  expect_encoded("u8", "hello", from_hex("05 68 65 6c 6c 6f"));
  expect_encoded("u16be", "hello", from_hex("00 05 68 65 6c 6c 6f"));
  expect_encoded("u16le", "hello", from_hex("05 00 68 65 6c 6c 6f"));
  expect_encoded("u32be", "hello", from_hex("00 00 00 05 68 65 6c 6c 6f"));
  expect_encoded("u32le", "hello", from_hex("05 00 00 00 68 65 6c 6c 6f"));
  expect_encoded("u64be", "hello", from_hex("00 00 00 00 00 00 00 05 68 65 6c 6c 6f"));
  expect_encoded("varint", "hello", from_hex("05 68 65 6c 6c 6f"));
  expect_encoded("netstring", "", from_hex("30 3a 2c"));
  expect_encoded("line", "hello", from_hex("68 65 6c 6c 6f 0a"));
  expect_encoded("fixed:5", "hello", from_hex("68 65 6c 6c 6f"));
  expect_encoded("delimiter:0d0a", "hello", from_hex("68 65 6c 6c 6f 0d 0a"));
  expect_encoded("slip", from_hex("61 c0 db"), from_hex("c0 61 db dc db dd c0"));
}

Test(codec_registry, reads_parameters) {
  cr_expect(make_codec("decimal")->name() == "decimal:3");
  cr_expect(make_codec("decimal:19")->name() == "decimal:19");
  cr_expect(make_codec("fixed:2147483647")->name() == "fixed:2147483647");
  cr_expect(make_codec("delimiter:DEadBeeF")->name() == "delimiter:deadbeef");
  cr_expect(make_codec("delimiter:00")->name() == "delimiter:00");
}

Test(codec_registry, has_a_default_limit_for_each_codec) {
  cr_expect(make_codec("decimal:3")->default_limit() == 255);
  cr_expect(make_codec("decimal:2")->default_limit() == 99);
  cr_expect(make_codec("decimal:9")->default_limit() == 65'536);
  cr_expect(make_codec("u8")->default_limit() == 255);
  cr_expect(make_codec("u16le")->default_limit() == 65'535);
  cr_expect(make_codec("u64be")->default_limit() == 65'536);
  cr_expect(make_codec("line")->default_limit() == 65'536);
  cr_expect(make_codec("fixed:70000")->default_limit() == 70'000);
}

Test(codec_registry, says_which_names_are_allowed) {
  expect_message("", "framing is empty; " + kAllowed);
  expect_message("u16", "unknown framing \"u16\"; " + kAllowed);
  expect_message("Line", "unknown framing \"Line\"; " + kAllowed);
  expect_message("fix", "unknown framing \"fix\"; " + kAllowed);
  expect_message("a\nb\xff", "unknown framing \"a\\x0ab\\xff\"; " + kAllowed);
  expect_message(std::string(200, 'x'),
                 "unknown framing \"" + std::string(157, 'x') + "...\"; " + kAllowed);
}

Test(codec_registry, says_which_parameters_are_allowed) {
  for (const std::string bad :
       {"", "0", "20", "03", "-1", "+3", "3x", " 3", "0x3", "99999999999999999999"}) {
    expect_message("decimal:" + bad, "N of framing decimal:N is \"" + bad + "\"; allowed: 1-19");
  }
  expect_message("fixed:0", "N of framing fixed:N is \"0\"; allowed: 1-2147483647");
  expect_message("fixed:2147483648",
                 "N of framing fixed:N is \"2147483648\"; allowed: 1-2147483647");
  expect_message("fixed", "framing fixed has no N; write fixed:N, where N is 1-2147483647");
  expect_message("line:80", "framing line has the parameter \"80\"; it allows none");
  expect_message("u8:", "framing u8 has the parameter \"\"; it allows none");
  const std::string form = "write delimiter:HEX, where HEX is 1-16 bytes in hexadecimal";
  expect_message("delimiter", "framing delimiter has no HEX; " + form);
  for (const std::string bad :
       {"", "0", "0d0", "0x", "0g", "zz", "-1", " 1", "0123456789abcdef0123456789abcdef01"}) {
    expect_message("delimiter:" + bad, "HEX of framing delimiter:HEX is \"" + bad + "\"; " + form);
  }
}

Test(codec_registry, make_codec_throws_the_message_of_an_unknown_name) {
  std::string caught;
  try {
    (void)make_codec("u16");
  } catch (const std::invalid_argument& error) {
    caught = error.what();
  }
  cr_expect(caught == "unknown framing \"u16\"; " + kAllowed);
}
