// The options of a Chat.
//
// Units: bytes, milliseconds.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_OPTIONS_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

#include "../../reactor/base/source.h"
#include "../../reactor/base/token_bucket.h"
#include "chat_house.h"

namespace sluice {

class Connection;

struct ChatOptions {
  ChatRules rules{};
  std::size_t max_line = 4096;  // bytes, without the end of the line
  // The rate of lines from each source, and of the notices that its members have joined and left.
  // A source is an IPv4 address, or the network of an IPv6 address; a peer without an IP address
  // counts as one source. Without a value the rate is not limited.
  std::optional<TokenRate> rate = TokenRate::of(10, std::chrono::seconds(1), 50);
  // Bits of an IPv6 address that are its source. REQUIRES: 1 to Source::kMaxPrefix.
  unsigned source_prefix = Source::kDefaultPrefix;
  std::chrono::milliseconds patience{100};  // 0: nobody waits for a slow member
  // Whether the peer of a connection becomes an operator of the house when it enters. Null: none.
  std::function<bool(const Connection&)> is_operator = {};
};

}  // namespace sluice

#endif
