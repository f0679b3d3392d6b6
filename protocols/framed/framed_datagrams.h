// The framed service over UDP: each datagram is a sequence of whole frames, and so is its answer.
//
// What it is: a UDP socket that answers each datagram with one datagram, which contains the framed
// answers to its messages in order. If a frame of a datagram is malformed, too long or incomplete,
// the service does not answer the datagram at all, whether the framing is strict or not, and
// reports it (Report::Kind::malformed), at most once a second. An empty datagram has no frames, and
// gets no answer.
// The ReplyGuard and the AnswerBudget decide which requests may be answered.
// An answer that is longer than its request is reported and not sent, because a forged request must
// not amplify traffic. This happens to a
// reply text that is longer than the messages, and to slip frames that the client sends without an
// END before them.
// Lifetime: must be destroyed before its loop, the guard, the framing and the reply.
// Thread: the loop's.
// Errors: the constructor throws std::system_error, as DatagramSocket's does. The service reports
// answers that it cannot send (Report::Kind::socket_error), at most once a second.
#ifndef SLUICE_PROTOCOLS_FRAMED_FRAMED_DATAGRAMS_H
#define SLUICE_PROTOCOLS_FRAMED_FRAMED_DATAGRAMS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/paced_report.h"
#include "../udp/answer_errors.h"
#include "../udp/answer_limits.h"
#include "../udp/reply_guard.h"
#include "framing.h"
#include "message_reply.h"

namespace sluice {

class SLUICE_EXPORT FramedDatagrams final : private DatagramHandler {
 public:
  // `local` is as DatagramSocket's.
  FramedDatagrams(Loop& loop, DatagramBinding local, ReplyGuard& guard, Framing& framing,
                  MessageReply& reply, const DatagramOptions& options = {},
                  const AnswerBudget& budget = {});
  FramedDatagrams(const FramedDatagrams&) = delete;
  FramedDatagrams& operator=(const FramedDatagrams&) = delete;
  ~FramedDatagrams() override;

  // The endpoint with the real port, if the constructor got port 0.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.local(); }
  [[nodiscard]] const DatagramCounters& traffic() const noexcept { return socket_.counters(); }
  // The number of datagrams that got no answer because they were malformed, or because the answer
  // could not be encoded or was longer than the request.
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }
  // Drains only this service, as DatagramSocket::drain() does. `done` may destroy it.
  void drain(std::chrono::milliseconds deadline, Task done = {}) {
    socket_.drain(deadline, std::move(done));
  }

 private:
  using Bytes = std::span<const std::byte>;
  enum class Fault : std::uint8_t {
    none,
    malformed,      // the request is
    not_encodable,  // the codec cannot encode an answer
    too_long        // the answer is longer than the request
  };
  struct Outcome {
    Fault fault = Fault::none;
    CodecError error;
  };

  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;
  [[nodiscard]] SLUICE_LOCAL Outcome answer(Bytes request);
  [[nodiscard]] SLUICE_LOCAL Report describe_fault() const;
  [[nodiscard]] bool can_answer() const noexcept {
    return reply_.kind() != MessageReply::Kind::none;
  }

  ReplyGuard& guard_;
  Framing& framing_;
  MessageReply& reply_;
  std::optional<AnswerLimits> limits_;  // if it answers
  std::vector<std::byte> answer_;       // at most as long as the longest request
  std::uint64_t faults_ = 0;
  std::string where_;  // the endpoint, for reports; the destructor may still make one
  // Of the latest fault, for the report.
  Outcome last_fault_;
  Address last_peer_;
  PacedReport fault_report_;
  AnswerErrors errors_;
  DatagramSocket socket_;
};

}  // namespace sluice

#endif
