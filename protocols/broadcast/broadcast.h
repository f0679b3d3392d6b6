// Broadcast: a host that can be found, that says that it is there, and that talks to all at once.
//
// What it is: one UDP socket that does three things. Each datagram is a text, whole and alone,
// without a newline.
//   Discovery. Whatever is sent to its port is answered to the sender with the message, also when
//   it was sent to a broadcast address or to the group. Then the answer waits for up to kMaxDelay,
//   so that a hundred hosts do not answer in one moment.
//   Announcing. Every `announce`, less or more by up to kJitterPercent, the message goes to
//   everyone on every network (broadcast_targets.h); the first time within kMaxDelay.
//   Publishing. publish() sends a line there at once.
// The interfaces are read anew each time, and every kFollow for the group's sake.
//
// Who is not answered: those that the ReplyGuard names, but for requests to many, and whoever
// sends from this service's own port number, on whatever host. That is where such a service sends
// its announcements and its answers from: answered, two of them would talk for ever. A client
// therefore asks from another port, as it does when it binds none.
// A request's bytes are not looked at, so a short forged one draws a longer answer: what bounds
// that are kMaxMessage and the two limits on answers.
//
//   ReplyGuard guard(loop);
//   BroadcastOptions options;
//   options.message = "attic: echo tcp/7007";
//   Broadcast service(loop, Endpoint::from("udp://*:12345"), guard, options);
//
// Lifetime: must go before its loop and its guard. A drain, of the loop or of this service alone,
// ends the announcements and waits for the answers that are under way.
// Thread: the loop's.
// Errors: the constructor throws std::invalid_argument (see the options) and std::system_error as
// DatagramSocket's does. At run time a target that fails (ENETUNREACH, EACCES, ENODEV) is reported
// (Report::Kind::socket_error), and the others get theirs; so is having nowhere to announce.
// Each is told once a second at most.
// Source: RFC 919; RFC 4291 section 2.7.1.
#ifndef SLUICE_PROTOCOLS_BROADCAST_BROADCAST_H
#define SLUICE_PROTOCOLS_BROADCAST_BROADCAST_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/endpoint.h"
#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/paced_report.h"
#include "../../reactor/loop/timer.h"
#include "../udp/answer_limits.h"
#include "../udp/delayed_answers.h"
#include "../udp/group_membership.h"
#include "../udp/reply_guard.h"
#include "broadcast_targets.h"

namespace sluice {

struct BroadcastOptions {
  // A datagram that fits an Ethernet frame with IPv6's and UDP's headers, and a tunnel's.
  static constexpr std::size_t kMaxMessage = 1'400;
  static constexpr std::size_t kMaxWaiting = 256;  // answers that wait; more are not given
  static constexpr std::chrono::milliseconds kMaxDelay{100};
  static constexpr int kJitterPercent = 10;
  static constexpr std::chrono::seconds kFollow{5};

  std::string message;                    // 1 to kMaxMessage bytes
  std::chrono::milliseconds announce{0};  // 0: never
  std::string interface;                  // for announcing, publishing and the group; empty: all
  Address group;                          // IPv6 multicast, no zone; unspecified: ff02::1
  std::uint32_t answers_per_second = 50;  // at once, and a second from then on; not 0
  std::uint32_t answers_per_source = 2;   // the same for each IP address; not 0
  std::uint32_t seed = 0;                 // of delay and jitter; 0: from the system
  bool reuse_port = false;                // SO_REUSEPORT
};

class SLUICE_EXPORT Broadcast final : private DatagramHandler {
 public:
  struct Counts {
    std::uint64_t answered = 0;
    std::uint64_t limited = 0;  // not answered: above a limit
    std::uint64_t heard = 0;    // from the own port number: what others like it say
    std::uint64_t sent = 0;     // announced and published, a datagram a target
  };
  // Of publish(): the targets that it goes to, which may be none; or why it goes to nobody.
  struct Published {
    std::size_t targets = 0;
    std::string refusal;
  };

  Broadcast(Loop& loop, const Endpoint& local, ReplyGuard& guard, BroadcastOptions options);
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;
  ~Broadcast() override;

  // To every target, at the end of the turn. Refused: an empty text, one of more than kMaxMessage
  // bytes, a full send queue, a closed socket.
  Published publish(std::string_view text);

  // From now on. Throws std::invalid_argument as the constructor does.
  void set_message(std::string_view message);

  // With the real port when 0 was asked for.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.local(); }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

  // Ends this service alone, as DatagramSocket::drain() does: it announces and receives no more,
  // and sends the answers that wait for their moment. `done` may destroy it.
  void drain(std::chrono::milliseconds deadline, Task done = {}) {
    socket_.drain(deadline, std::move(done));
  }

 private:
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;
  [[nodiscard]] bool is_finished(const DatagramSocket& /*socket*/) const noexcept override {
    return waiting_.size() == 0;
  }
  void announce();
  void follow_group();
  void answer_waiting();
  void arm_answers();
  std::vector<BroadcastTarget> read_targets();
  std::size_t send_to_all(std::string_view text, std::span<const BroadcastTarget> targets);
  [[nodiscard]] std::chrono::milliseconds random_up_to(std::chrono::milliseconds most);
  void tell(std::string what, std::error_code error);

  Loop& loop_;
  ReplyGuard& guard_;
  BroadcastOptions options_;
  std::minstd_rand random_;
  AnswerLimits limits_;
  DelayedAnswers waiting_{BroadcastOptions::kMaxWaiting};
  Counts counts_;
  bool had_targets_ = true;
  Report last_;  // the latest trouble, for the report
  PacedReport trouble_;
  DatagramSocket socket_;
  std::string where_;  // the endpoint, for reports
  BroadcastScope scope_;
  GroupMembership membership_;
  Timer announce_timer_;
  Timer answer_timer_;
  Timer follow_timer_;
};

}  // namespace sluice

#endif
