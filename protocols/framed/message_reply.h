// Makes the answer to a message: the message, the message in upper case, a fixed text, or none.
//
// What it is: the rule of the framed service, for bytes, without sockets or framing. One object
// serves any number of connections.
// Memory: for upper, as much as the longest message so far. Thread: any, one at a time.
// Errors: the constructor throws std::invalid_argument if the codec cannot encode the text;
// answer() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_FRAMED_MESSAGE_REPLY_H
#define SLUICE_PROTOCOLS_FRAMED_MESSAGE_REPLY_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../reactor/base/export.h"
#include "../codec/codec.h"

namespace sluice {

class SLUICE_EXPORT MessageReply {
 public:
  using Bytes = std::span<const std::byte>;

  enum class Kind : std::uint8_t { echo, upper, none, text };

  // REQUIRES: `kind` is not text.
  explicit MessageReply(Kind kind);
  // Answers each message with `text`. Throws if `codec` cannot encode it.
  MessageReply(const Codec& codec, std::string text);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  // No value for Kind::none. The answer is valid as long as `message`, and until the next call.
  [[nodiscard]] std::optional<Bytes> answer(Bytes message);

 private:
  Kind kind_;
  std::string text_;
  std::vector<std::byte> upper_;
};

}  // namespace sluice

#endif
