// People who talk: the service `chat`.
#ifndef SLUICE_TOOLS_SLUICED_CHAT_SERVICE_H
#define SLUICE_TOOLS_SLUICED_CHAT_SERVICE_H

#include <cstddef>
#include <cstdint>
#include <optional>

#include "../../protocols/chat/chat.h"
#include "../../reactor/stream/connection_options.h"
#include "service.h"

namespace sluice::tools::daemon {

extern const Service kChatService;

struct ChatSettings final : ServiceSettings {
  struct Rate {
    std::uint32_t lines;
    std::uint32_t seconds;
  };
  ChatRules rules;
  std::size_t max_line = ChatOptions{}.max_line;
  std::optional<Rate> rate = Rate{10, 1};
  std::uint32_t burst = 50;
  std::size_t send_queue = 1024 * 1024;
  OverflowPolicy slow = OverflowPolicy::close;

  [[nodiscard]] ChatOptions options() const;
};

}  // namespace sluice::tools::daemon

#endif
