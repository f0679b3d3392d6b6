// People who talk: the service `chat`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_CHAT_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_CHAT_SERVICE_H

#include "../../../protocols/chat/chat.h"
#include "../../../reactor/stream/listener.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kChatKind;

// What a chat is made from.
struct ChatPlan {
  ChatOptions chat;
  ListenerOptions listener;
};

// REQUIRES: valid settings of a chat.
ChatPlan derive_chat(const Settings& settings);

}  // namespace sluice::tools::daemon

#endif
