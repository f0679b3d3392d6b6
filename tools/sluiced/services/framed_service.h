// Messages, each answered by a rule, in any framing: the service `framed`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_FRAMED_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_FRAMED_SERVICE_H

#include <string>

#include "../../../protocols/framed/framing.h"
#include "../../../protocols/framed/message_reply.h"
#include "../../../reactor/stream/listener.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kFramedKind;

// What a framed service is made from.
struct FramedPlan {
  std::string framing;  // what make_codec() reads
  FramingOptions options;
  MessageReply::Kind reply = MessageReply::Kind::echo;
  std::string text;  // of Kind::text
  ListenerOptions listener;
};

// REQUIRES: valid settings of a framed service.
FramedPlan derive_framed(const Settings& settings);

}  // namespace sluice::tools::daemon

#endif
