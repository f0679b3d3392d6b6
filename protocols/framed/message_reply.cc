#include "message_reply.h"

#include <cassert>
#include <stdexcept>
#include <utility>

#include "../small/upper.h"

namespace sluice {

MessageReply::MessageReply(Kind kind) : kind_(kind) { assert(kind != Kind::text); }

MessageReply::MessageReply(const Codec& codec, std::string text)
    : kind_(Kind::text), text_(std::move(text)) {
  CodecScratch scratch;
  const Encoded frame = codec.encode(std::as_bytes(std::span(text_)), scratch);
  if (frame) return;
  throw std::invalid_argument("framing " + codec.name() +
                              " cannot encode the text: " + frame.error().message());
}

std::optional<MessageReply::Bytes> MessageReply::answer(Bytes message) {
  switch (kind_) {
    case Kind::echo:
      return message;
    case Kind::upper:
      upper_.resize(message.size());
      to_upper_ascii(message, upper_);
      return upper_;
    case Kind::text:
      return std::as_bytes(std::span(text_));
    case Kind::none:
      break;
  }
  return std::nullopt;
}

}  // namespace sluice
