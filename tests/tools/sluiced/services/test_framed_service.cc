// The keys of the service framed: what they set, what does not go together, and each message.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/services/framed_service.h"
#include <sluice/codec_registry.h>
#include <sluice/framing.h>

using namespace sluice;
using namespace sluice::tools::daemon;
using Kind = MessageReply::Kind;

namespace {

FramedPlan parsed(const std::string& keys, const std::string& endpoint = "tcp://*:0") {
  return derive_framed(parse_listen("framed=" + endpoint + keys, {}).settings);
}

void expect_refused(const std::string& keys, const std::string& why,
                    const std::string& endpoint = "tcp://*:0") {
  expect_message(keys, usage_error_of([&] { (void)parsed(keys, endpoint); }), why);
}

}  // namespace

Test(framed_service, without_keys_is_the_classroom_protocol_echoed) {
  const FramedPlan plan = parsed("");
  cr_expect(plan.framing == "decimal:3");
  cr_expect(!plan.options.limit);
  cr_expect(plan.reply == Kind::echo);
  cr_expect(plan.options.strict);
}

Test(framed_service, reads_every_key) {
  const FramedPlan plan = parsed(",framing=u32be,max-message=1000,reply=upper,strict=off");
  cr_expect(plan.framing == "u32be");
  cr_expect(plan.options.limit == 1000U);
  cr_expect(plan.reply == Kind::upper);
  cr_expect(!plan.options.strict);
  const FramedPlan udp = parsed(",framing=netstring,max-message=9,reply=none", "udp://*:0");
  cr_expect(udp.reply == Kind::none);
  const FramedPlan text = parsed(",reply=text:yes\\, sir: well", "unix:///tmp/x");
  cr_expect(text.reply == Kind::text);
  cr_expect(text.text == "yes, sir: well");
}

Test(framed_service, reads_every_framing) {
  for (const CodecFamily& family : codec_families()) {
    const std::string name(family.example);
    cr_expect(parsed(",framing=" + name).framing == name);
  }
}

Test(framed_service, checks_the_keys_together_in_whatever_order_they_come) {
  cr_expect(parsed(",max-message=65536,framing=u32be").options.limit == 65'536U);
  cr_expect(parsed(",reply=text:four,framing=fixed:4").text == "four");
  expect_refused(",max-message=256,framing=u8",
                 "max-message: the limit 256 on a message of framing u8 is out of range; allowed: "
                 "0-255");
}

Test(framed_service, names_what_is_wrong_with_a_key) {
  expect_refused(",framing=decimal:20", "N of framing decimal:N is \"20\"; allowed: 1-19");
  expect_refused(",framing=u9",
                 "unknown framing \"u9\"; allowed: decimal:N, u8, u16be, u16le, u32be, "
                 "u32le, u64be, varint, netstring, line, fixed:N, delimiter:HEX and slip");
  expect_refused(",max-message=x", "max-message \"x\" is not a decimal number in 0-4294967295");
  expect_refused(",framing=slip,max-message=0",
                 "max-message: the limit 0 on a message of framing slip is out of range; allowed: "
                 "1-4611686018427387903");
  expect_refused(",max-message=1000",
                 "max-message: the limit 1000 on a message of framing decimal:3 is out of range; "
                 "allowed: 0-999");
  expect_refused(",framing=fixed:16,max-message=15",
                 "max-message: the limit 15 on a message of framing fixed:16 is out of range; "
                 "allowed: 16");
  expect_refused(",reply=shout",
                 "unknown reply \"shout\"; allowed: echo, upper, none and text:TEXT");
  expect_refused(
      ",reply=text:two\\nlines,framing=line",
      "reply: framing line cannot encode the text: the receiver would end the message at "
      "byte 3 of 9");
  expect_refused(",strict=yes", "strict \"yes\" is not on or off");
}

Test(framed_service, takes_empty_messages_alone_where_that_is_the_limit) {
  cr_expect(parsed(",max-message=0").options.limit == 0U);
}

Test(framed_service, refuses_messages_over_udp_that_no_datagram_holds) {
  cr_expect(parsed(",framing=fixed:65527", "udp://*:0").framing == "fixed:65527");
  expect_refused(",framing=fixed:65528",
                 "framing fixed:65528 is not valid over udp: a datagram has at most 65527 bytes",
                 "udp://*:0");
}

Test(framed_service, knows_no_strictness_over_udp) {
  expect_refused(
      ",strict=on",
      "key \"strict\" is not valid for framed over udp; allowed: ipv6-prefix, answers, "
      "answers-per-source, reuse-port, allow, deny, name, framing, max-message and reply",
      "udp://*:0");
}

Test(framed_service, allows_a_connection_what_its_longest_message_needs) {
  const auto small = parsed("").listener.connection;
  cr_expect(small.input_limit == ConnectionOptions().input_limit);
  cr_expect(small.queue_limit == ConnectionOptions().queue_limit);
  for (const CodecFamily& family : codec_families()) {
    const auto codec = make_codec(family.example);
    if (codec->max_payload() < 100'000'000) continue;
    const auto large = parsed(",framing=" + std::string(family.example) + ",max-message=100000000")
                           .listener.connection;
    cr_expect(large.input_limit >= Framing::input_limit_for(*codec, 100'000'000));
    cr_expect(large.queue_limit >= large.high_water + codec->max_frame_size(100'000'000));
  }
}
