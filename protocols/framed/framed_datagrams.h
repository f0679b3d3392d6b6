// The framed service over UDP: a datagram is a sequence of whole frames, and so is its answer.
//
// What it is: a UDP socket that answers each datagram with one, which holds the answers to its
// messages in their order, framed. All or nothing: a datagram with a frame that is malformed, too
// long or not all there is not answered at all, strict or not, and is reported
// (Report::Kind::malformed) once a second at most. A datagram of no bytes has no frames, and no
// answer.
// Who is answered is the ReplyGuard's to say, and nobody gets more than they sent: an answer that
// is longer than its request is reported and not sent. That befalls a text that is longer than the
// messages, and slip echoed to who sends no END in front.
// Lifetime: must go before its loop, the guard, the framing and the reply. Thread: the loop's.
// Errors: the constructor throws what DatagramSocket's does. At run time an answer that cannot be
// sent is reported (Report::Kind::socket_error) once a second at most.
#ifndef SLUICE_PROTOCOLS_FRAMED_FRAMED_DATAGRAMS_H
#define SLUICE_PROTOCOLS_FRAMED_FRAMED_DATAGRAMS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/paced_report.h"
#include "../udp/answer_errors.h"
#include "../udp/reply_guard.h"
#include "framing.h"
#include "message_reply.h"

namespace sluice {

class SLUICE_EXPORT FramedDatagrams final : private DatagramHandler {
 public:
  FramedDatagrams(Loop& loop, const Endpoint& local, ReplyGuard& guard, Framing& framing,
                  MessageReply& reply, const DatagramOptions& options = {});
  FramedDatagrams(const FramedDatagrams&) = delete;
  FramedDatagrams& operator=(const FramedDatagrams&) = delete;
  ~FramedDatagrams() override;

  // With the real port when 0 was asked for.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.local(); }
  // Datagrams that were not answered for what is in them, or because the answer was longer.
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }
  // Ends this service alone, as DatagramSocket::drain() does. `done` may destroy it.
  void drain(std::chrono::milliseconds deadline, Task done = {}) {
    socket_.drain(deadline, std::move(done));
  }

 private:
  using Bytes = std::span<const std::byte>;
  enum class Fault : std::uint8_t {
    none,
    malformed,  // the request
    unsayable,  // the framing has no frame for an answer
    longer      // the answers, than the request
  };
  struct Outcome {
    Fault fault = Fault::none;
    CodecError error;
  };

  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;
  [[nodiscard]] Outcome answer(Bytes request);
  [[nodiscard]] Report describe_fault() const;
  [[nodiscard]] bool answers() const noexcept { return reply_.kind() != MessageReply::Kind::none; }

  ReplyGuard& guard_;
  Framing& framing_;
  MessageReply& reply_;
  std::vector<std::byte> answer_;  // at most the longest request
  std::uint64_t faults_ = 0;
  std::string where_;  // the endpoint, for the reports, which are made until the end
  // The latest ones, for the reports.
  Outcome last_fault_;
  Address last_peer_;
  PacedReport fault_report_;
  AnswerErrors errors_;
  DatagramSocket socket_;
};

}  // namespace sluice

#endif
