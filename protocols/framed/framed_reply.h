// The framed service over streams: each message is answered by a rule, framed as it came.
//
// What it is: a FramedProtocol over a MessageReply, both of which the connections of a listener
// share. A framing may be unable to frame an answer: a line that ends in CR CR LF is a message that
// ends in CR, which encode() refuses, and in upper case a message may hold the delimiter. That is
// reported (Framing::report_unsent()), and closes the connection with FramingOptions::strict;
// without it the message stays unanswered.
// Lifetime: REQUIRES that framing and reply outlive the connections. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_FRAMED_FRAMED_REPLY_H
#define SLUICE_PROTOCOLS_FRAMED_FRAMED_REPLY_H

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"
#include "framed.h"
#include "message_reply.h"

namespace sluice {

class SLUICE_EXPORT FramedReply final : public FramedProtocol {
 public:
  FramedReply(Framing& framing, MessageReply& reply) noexcept
      : FramedProtocol(framing), reply_(reply) {}

 private:
  void on_message(Connection& connection, Bytes message) override;

  MessageReply& reply_;
};

// For a Listener.
SLUICE_EXPORT ProtocolFactory framed_replies(Framing& framing, MessageReply& reply);

}  // namespace sluice

#endif
