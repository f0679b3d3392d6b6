// The options of a Chat.
//
// Units: bytes, milliseconds.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_OPTIONS_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <optional>

#include "../../reactor/base/token_bucket.h"
#include "chat_house.h"

namespace sluice {

struct ChatOptions {
  ChatRules rules{};
  std::size_t max_line = 4096;  // bytes, without the end of the line
  // The rate of lines from each connection; without a value it is not limited.
  std::optional<TokenRate> rate = TokenRate::of(10, std::chrono::seconds(1), 50);
  std::chrono::milliseconds patience{100};  // 0: nobody waits for a slow member
};

}  // namespace sluice

#endif
