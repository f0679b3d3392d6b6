// Messages, each answered by a rule, in any framing: the service `framed`.
#ifndef SLUICE_TOOLS_SLUICED_FRAMED_SERVICE_H
#define SLUICE_TOOLS_SLUICED_FRAMED_SERVICE_H

#include <cstddef>
#include <optional>
#include <string>

#include "../../protocols/framed/message_reply.h"
#include "service.h"

namespace sluice::tools::daemon {

extern const Service kFramedService;

struct FramedSettings final : ServiceSettings {
  std::string framing = "decimal:3";       // what make_codec() reads
  std::optional<std::size_t> max_message;  // the codec's default without it
  MessageReply::Kind reply = MessageReply::Kind::echo;
  std::string text;  // of Kind::text
  bool strict = true;
};

}  // namespace sluice::tools::daemon

#endif
