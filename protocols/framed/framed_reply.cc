#include "framed_reply.h"

#include <memory>

#include "../../reactor/stream/connection.h"

namespace sluice {

void FramedReply::on_message(Connection& connection, Bytes message) {
  const auto answer = reply_.answer(message);
  if (!answer) return;
  CodecError error = send_message(connection, *answer);
  if (!error) return;
  error.can_skip = !framing().is_strict();
  framing().report_unsent(connection, error);
  if (!error.can_skip) connection.close();
}

ProtocolFactory framed_replies(Framing& framing, MessageReply& reply) {
  return [&framing, &reply](const Address& /*peer*/) {
    return std::make_unique<FramedReply>(framing, reply);
  };
}

}  // namespace sluice
