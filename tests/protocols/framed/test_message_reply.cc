// The answers to messages.
#include <stdexcept>
#include <string>

#include <criterion/criterion.h>

#include "support/text.h"
#include <sluice/codec_registry.h>
#include <sluice/message_reply.h>

using namespace sluice;
using namespace sluice::test;

namespace {

std::string answer(MessageReply& reply, std::string_view message) {
  const auto bytes = reply.answer(bytes_of(message));
  return bytes ? "answer " + text_of(*bytes) : "none";
}

std::string refusal(std::string_view framing, const std::string& text) {
  try {
    const MessageReply reply(*make_codec(framing), text);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

Test(message_reply, answers_with_the_message_in_either_case_with_a_text_or_not_at_all) {
  MessageReply echo(MessageReply::Kind::echo);
  MessageReply upper(MessageReply::Kind::upper);
  MessageReply none(MessageReply::Kind::none);
  MessageReply text(*make_codec("line"), "yes, sir");
  for (int i = 0; i < 2; ++i) {
    cr_expect(answer(echo, "Hello, 1 ß") == "answer Hello, 1 ß");
    cr_expect(answer(upper, "Hello, 1 ß") == "answer HELLO, 1 ß");
    cr_expect(answer(none, "Hello, 1 ß") == "none");
    cr_expect(answer(text, "Hello, 1 ß") == "answer yes, sir");
  }
}

Test(message_reply, answers_an_empty_message_too) {
  MessageReply upper(MessageReply::Kind::upper);
  cr_expect(answer(upper, "a long one") == "answer A LONG ONE");
  cr_expect(answer(upper, "") == "answer ");
  MessageReply nothing(*make_codec("line"), "");
  cr_expect(answer(nothing, "x") == "answer ");
}

Test(message_reply, rejects_a_text_that_the_framing_cannot_encode) {
  cr_expect(refusal("u8", std::string(255, 't')).empty());
  cr_expect(refusal("u8", std::string(256, 't')) ==
            "framing u8 cannot encode the text: a payload of 256 bytes is above the maximum of "
            "255 for its length field");
  cr_expect(refusal("fixed:4", "four").empty());
  cr_expect(refusal("fixed:4", "three").find("framing fixed:4 cannot encode the text") == 0);
  cr_expect(!refusal("line", "two\nlines").empty());
  cr_expect(!refusal("slip", "").empty());
}
