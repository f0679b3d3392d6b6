// A UDP service that answers each datagram with one datagram.
//
// What it is: a socket, a function that makes the answers, a ReplyGuard that decides which requests
// get none, and AnswerLimits on their rate. It keeps no state about its clients but how many
// answers the recent ones got. Answers that wait to be sent are limited
// by DatagramOptions::queue_limit; further answers are dropped.
//
//   ReplyGuard guard(loop);
//   DatagramService echo(loop, Endpoint::from("udp://127.0.0.1:7007"), guard, echo_answer);
//
// Lifetime: must be destroyed before its loop and its guard. Thread: the loop's.
// Errors: the constructor throws std::system_error, as DatagramSocket's does. The service reports
// answers that it cannot send (Report::Kind::socket_error), at most once a second, and continues.
#ifndef SLUICE_PROTOCOLS_UDP_DATAGRAM_SERVICE_H
#define SLUICE_PROTOCOLS_UDP_DATAGRAM_SERVICE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "../../reactor/base/address.h"
#include "../../reactor/base/endpoint.h"
#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/loop.h"
#include "answer_errors.h"
#include "answer_limits.h"
#include "reply_guard.h"

namespace sluice {

// Makes the answer to `request`. The answer may be part of `buffer`, part of `request`, or other
// memory that is valid until the next call. The two spans do not overlap.
using DatagramAnswer = std::function<std::span<const std::byte>(std::span<const std::byte> request,
                                                                std::span<std::byte> buffer)>;

enum class AnswerSize : std::uint8_t {
  at_most_request,  // a longer answer is not sent: a forged request must not amplify traffic
  any               // for services that the user has requested by name: chargen, daytime, time
};

class SLUICE_EXPORT DatagramService final : private DatagramHandler {
 public:
  // More than the payload of any UDP datagram.
  static constexpr std::size_t kMaxAnswer = 65'535;

  // `local` is as DatagramSocket's. With an empty `answer` the service drops all requests, as
  // discard does. It does not answer a request that was truncated (DatagramOptions::max_size), nor
  // any request beyond `budget`.
  DatagramService(Loop& loop, DatagramBinding local, ReplyGuard& guard, DatagramAnswer answer,
                  AnswerSize size = AnswerSize::at_most_request,
                  const DatagramOptions& options = {}, const AnswerBudget& budget = {});
  DatagramService(const DatagramService&) = delete;
  DatagramService& operator=(const DatagramService&) = delete;
  ~DatagramService() override;

  // The endpoint with the real port, if the constructor got port 0.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.local(); }
  [[nodiscard]] DatagramSocket& socket() noexcept { return socket_; }
  [[nodiscard]] const DatagramCounters& traffic() const noexcept { return socket_.counters(); }
  // Drains only this service, as DatagramSocket::drain() does. `done` may destroy it.
  void drain(std::chrono::milliseconds deadline, Task done = {}) {
    socket_.drain(deadline, std::move(done));
  }

 private:
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;

  ReplyGuard& guard_;
  DatagramAnswer answer_;
  AnswerSize size_;
  std::optional<AnswerLimits> limits_;  // if it answers
  std::unique_ptr<std::byte[]> buffer_;
  std::string where_;  // the endpoint, for reports; the destructor may still make one
  AnswerErrors errors_;
  DatagramSocket socket_;
};

}  // namespace sluice

#endif
