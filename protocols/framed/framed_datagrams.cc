#include "framed_datagrams.h"

#include <utility>

#include "../codec/decoder.h"

namespace sluice {

FramedDatagrams::FramedDatagrams(Loop& loop, DatagramBinding local, ReplyGuard& guard,
                                 Framing& framing, MessageReply& reply,
                                 const DatagramOptions& options, const AnswerBudget& budget)
    : guard_(guard),
      framing_(framing),
      reply_(reply),
      fault_report_(loop, [this] { return describe_fault(); }),
      errors_(loop, where_),
      socket_(loop, std::move(local), *this, options) {
  where_ = endpoint().to_string();
  if (!can_answer()) return;
  limits_.emplace(budget);
  guard_.add_port(endpoint().address().port());
}

FramedDatagrams::~FramedDatagrams() {
  if (can_answer()) guard_.remove_port(endpoint().address().port());
}

void FramedDatagrams::on_datagram(DatagramSocket& socket, const Datagram& datagram) {
  if (datagram.truncated) return;
  if (limits_ && guard_.admit(datagram, where_, *limits_) != ReplyGuard::Refusal::none) return;
  const Outcome outcome = answer(datagram.data);
  if (outcome.fault != Fault::none) {
    ++faults_;
    last_fault_ = outcome;
    last_peer_ = datagram.from;
    return fault_report_.happened();
  }
  if (!answer_.empty()) socket.reply(datagram, answer_);
}

// Writes the answer to answer_.
FramedDatagrams::Outcome FramedDatagrams::answer(Bytes request) {
  answer_.clear();
  Decoder decoder(framing_.codec(), framing_.limit());
  for (Bytes rest = request;;) {
    const Decoded next = decoder.decode(rest, framing_.scratch());
    rest = rest.subspan(next.consumed);
    if (next.status == DecodeStatus::error) return {Fault::malformed, next.error};
    if (next.status == DecodeStatus::need_more) {
      const CodecError error = decoder.end(rest.size());
      return {error ? Fault::malformed : Fault::none, error};
    }
    const auto reply = reply_.answer(next.payload);
    if (!reply) continue;
    const Encoded frame = framing_.codec().encode(*reply, framing_.scratch());
    if (!frame) return {Fault::not_encodable, frame.error()};
    if (frame.size() > request.size() - answer_.size()) return {Fault::too_long, {}};
    for (const Bytes part : frame.parts()) answer_.insert(answer_.end(), part.begin(), part.end());
  }
}

Report FramedDatagrams::describe_fault() const {
  std::string what = last_peer_.to_string() + ": ";
  const CodecError& error = last_fault_.error;
  if (last_fault_.fault == Fault::malformed) {
    what += "at byte " + std::to_string(error.offset) + " of a datagram: " + error.message() +
            "; not answered";
  } else if (last_fault_.fault == Fault::not_encodable) {
    what += "no answer: " + error.message();
  } else {
    what += "no answer: the answer is longer than the request";
  }
  return {.kind = Report::Kind::malformed, .where = where_, .what = std::move(what), .error = {}};
}

void FramedDatagrams::on_error(DatagramSocket& /*socket*/, std::error_code error,
                               const Address& to) {
  errors_.report(error, to);
}

}  // namespace sluice
