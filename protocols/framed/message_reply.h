// What a message is answered with: itself, itself in upper case, nothing, or a text.
//
// What it is: the rule of the framed service, over bytes; it knows no socket and no framing. One
// object for any number of connections.
// Memory: the longest message so far, for upper. Thread: none of its own.
// Errors: the constructor throws std::invalid_argument, which says why the text has no frame; to()
// may throw std::bad_alloc.
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
  // Each message is answered with `text`. Refuses one that `codec` cannot frame.
  MessageReply(const Codec& codec, std::string text);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  // Nothing for Kind::none. The answer dies with `message` and with the next call.
  [[nodiscard]] std::optional<Bytes> to(Bytes message);

 private:
  Kind kind_;
  std::string text_;
  std::vector<std::byte> upper_;
};

}  // namespace sluice

#endif
