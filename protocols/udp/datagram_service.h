// A UDP service that answers each datagram with one: a function behind the ReplyGuard.
//
// What it is: a socket and its handler in one. It keeps nothing about whom it answers; what waits
// to be sent is bounded by DatagramOptions::queue_limit, and what does not fit is dropped.
//
//   ReplyGuard guard(loop);
//   DatagramService echo(loop, Endpoint::from("udp://127.0.0.1:7007"), guard, echo_answer);
//
// Lifetime: must go before its loop and its guard. Thread: the loop's.
// Errors: the constructor throws std::system_error as DatagramSocket's does. An answer that cannot
// be sent is reported (Report::Kind::socket_error) once a second at most, and the service goes on.
#ifndef SLUICE_PROTOCOLS_UDP_DATAGRAM_SERVICE_H
#define SLUICE_PROTOCOLS_UDP_DATAGRAM_SERVICE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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
#include "reply_guard.h"

namespace sluice {

// Makes the answer to `request`. It may write it into `room`, or return a view of `request` or of
// bytes of its own; they must last until it is called again. The two spans do not overlap.
using DatagramAnswer = std::function<std::span<const std::byte>(std::span<const std::byte> request,
                                                                std::span<std::byte> room)>;

enum class AnswerSize : std::uint8_t {
  at_most_request,  // a longer answer is not sent: nobody gets more than they sent
  any               // for services that were asked for by name: chargen, daytime, time
};

class SLUICE_EXPORT DatagramService final : private DatagramHandler {
 public:
  // More than any UDP datagram carries.
  static constexpr std::size_t kRoom = 65'535;

  // An empty `answer` drops what arrives: discard. A request that was truncated
  // (DatagramOptions::max_size) is not answered.
  DatagramService(Loop& loop, const Endpoint& local, ReplyGuard& guard, DatagramAnswer answer,
                  AnswerSize size = AnswerSize::at_most_request,
                  const DatagramOptions& options = {});
  DatagramService(const DatagramService&) = delete;
  DatagramService& operator=(const DatagramService&) = delete;
  ~DatagramService() override;

  // With the real port when 0 was asked for.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.local(); }
  [[nodiscard]] DatagramSocket& socket() noexcept { return socket_; }
  // Ends this service alone, as DatagramSocket::drain() does. `done` may destroy it.
  void drain(std::chrono::milliseconds deadline, Task done = {}) {
    socket_.drain(deadline, std::move(done));
  }

 private:
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;

  ReplyGuard& guard_;
  DatagramAnswer answer_;
  AnswerSize size_;
  std::unique_ptr<std::byte[]> room_;
  std::string where_;  // the endpoint, for the reports, which are made until the end
  AnswerErrors errors_;
  DatagramSocket socket_;
};

}  // namespace sluice

#endif
