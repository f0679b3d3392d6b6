// The framed service over streams: answers each message by a rule, in the same framing.
//
// What it is: a FramedProtocol with a MessageReply. The connections of a listener share the framing
// and the reply. The codec may be unable to encode an answer: a line that ends in CR CR LF is a
// message that ends in CR, which encode() rejects, and a message in upper case may contain the
// delimiter. This is reported (Framing::report_unsent()). With FramingOptions::strict it closes the
// connection; otherwise the message gets no answer.
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

// For a Listener: makes the handlers.
SLUICE_EXPORT ProtocolFactory framed_replies(Framing& framing, MessageReply& reply);

}  // namespace sluice

#endif
