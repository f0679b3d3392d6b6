// Broadcast: answers discovery requests, announces its host, and publishes texts.
//
// What it is: one UDP socket that does three things. Each datagram contains exactly one text,
// without a newline.
//   Discovery. It answers any datagram sent to its port with the message, even if the datagram was
//   sent to a broadcast address or to the group. In that case it delays the answer by up to
//   kMaxDelay, so that the hosts of a network do not all answer at the same time.
//   Announcing. It sends the message to all targets (broadcast_targets.h) at the interval
//   `announce`, varied by up to kJitterPercent; the first time within kMaxDelay.
//   Publishing. publish() sends a text to all targets at once.
// It reads the list of interfaces each time, but at most once a turn, and also every
// kRefreshInterval, to join the group on new interfaces.
//
// No answer is sent to a source that the ReplyGuard refuses (but RequestsTo::any applies), nor to a
// source with this service's own port number, on any host. Such services send their announcements
// and answers from that port, and two of them would answer each other forever. A client must
// therefore use another source port, as it does if it does not bind one.
// The contents of a request are ignored, so a short forged one may cause a longer answer.
// kMaxMessage and the two limits on answers limit this amplification.
//
//   ReplyGuard guard(loop);
//   BroadcastOptions options;
//   options.message = "attic: echo tcp/7007";
//   Broadcast service(loop, Endpoint::from("udp://*:12345"), guard, options);
//
// Lifetime: must be destroyed before its loop and its guard. While the loop or this service drains,
// it sends no announcements; the drain waits for the delayed answers.
// Thread: the loop's.
// Errors: the constructor throws std::invalid_argument (see the options) and std::system_error, as
// DatagramSocket's does. If a target fails at run time (ENETUNREACH, EACCES, ENODEV), the service
// reports it (Report::Kind::socket_error), and still sends to the others. It also reports that
// there is no target to announce to. It makes at most one report a second.
// Source: RFC 919; RFC 4291 section 2.7.1.
#ifndef SLUICE_PROTOCOLS_BROADCAST_BROADCAST_H
#define SLUICE_PROTOCOLS_BROADCAST_BROADCAST_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
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
  // In bytes. Fits into an Ethernet frame with the headers of IPv6, UDP and a tunnel.
  static constexpr std::size_t kMaxMessage = 1'400;
  static constexpr std::size_t kMaxWaiting = 256;  // delayed answers; further requests get none
  // Texts of other hosts that wait for the send queue, with DatagramOptions::kOverhead for each.
  static constexpr std::size_t kMaxHeld = std::size_t{16} * 1024 * 1024;  // bytes
  static constexpr std::chrono::milliseconds kMaxDelay{100};
  static constexpr int kJitterPercent = 10;
  static constexpr std::chrono::seconds kRefreshInterval{5};

  std::string message{};  // 1 to kMaxMessage bytes
  static constexpr std::chrono::milliseconds kMaxAnnounce = std::chrono::hours(24 * 365);
  std::chrono::milliseconds announce{0};  // 0 to kMaxAnnounce; 0: never
  std::string interface = {};             // for announcing, publishing and the group; empty: all
  Address group{};                        // IPv6 multicast, no zone; unspecified: ff02::1
  std::uint32_t answers_per_second = 50;  // in a burst, and a second after that; not 0
  std::uint32_t answers_per_source = 2;   // the same for each source; not 0
  unsigned source_prefix = Source::kDefaultPrefix;  // bits of an IPv6 address that are its source
  std::uint32_t seed = 0;                           // for delay and jitter; 0: random
  bool reuse_port = false;                          // SO_REUSEPORT
};

class SLUICE_EXPORT Broadcast final : private DatagramHandler {
 public:
  struct Counts {
    std::uint64_t answered = 0;
    std::uint64_t limited = 0;  // not answered because of a limit; the guard reports it
    std::uint64_t ignored = 0;  // from the service's own port number: other services' datagrams
    std::uint64_t sent = 0;     // announcements and published texts, counted for each target
  };
  // The result of publish(): the number of targets, which may be 0, or the reason why nothing is
  // sent.
  struct PublishResult {
    std::size_t targets = 0;
    std::string error;
  };

  // `local` is as DatagramSocket's.
  Broadcast(Loop& loop, DatagramBinding local, ReplyGuard& guard, BroadcastOptions options);
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;
  ~Broadcast() override;

  // Sends `text` to all targets at the end of the turn. Fails if the text is empty or has more than
  // kMaxMessage bytes, if the send queue is full, or if the socket is closed.
  PublishResult publish(std::string_view text);

  // Runs for each text that publish() has sent: for what carries texts to other hosts. It must not
  // call this object. Empty: there is nothing.
  void set_published(std::function<void(std::string_view text)> published) {
    published_ = std::move(published);
  }
  // Sends a text of another host as publish() does, but reports a failure, and runs no function.
  // While the send queue is more than half full, such texts wait for it in their order, so that
  // many at once are not lost; above BroadcastOptions::kMaxHeld a further one is.
  void publish_of_other(std::string_view text);

  // Changes the message. Throws std::invalid_argument, as the constructor does.
  void set_message(std::string_view message);

  // The endpoint with the real port, if the constructor got port 0.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.local(); }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  [[nodiscard]] const DatagramCounters& traffic() const noexcept { return socket_.counters(); }

  // Leaves the groups, and joins none any more. For a service whose socket another one uses from
  // now on.
  void leave_groups() noexcept;

  // Drains only this service, as DatagramSocket::drain() does: it announces and receives no more,
  // and sends the delayed answers and the texts of other hosts that wait. `done` may destroy it.
  void drain(std::chrono::milliseconds deadline, Task done = {}) {
    socket_.drain(deadline, std::move(done));
  }

 private:
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;
  void on_writable(DatagramSocket& socket) override;
  [[nodiscard]] bool is_finished(const DatagramSocket& /*socket*/) const noexcept override {
    return waiting_.size() == 0;  // while texts are held, the send queue is not empty
  }
  SLUICE_LOCAL void announce();
  SLUICE_LOCAL void refresh_groups();
  SLUICE_LOCAL void answer_waiting();
  SLUICE_LOCAL void arm_answers();
  SLUICE_LOCAL const std::vector<BroadcastTarget>& targets();  // of this turn
  SLUICE_LOCAL std::vector<BroadcastTarget> read_targets();
  SLUICE_LOCAL PublishResult send_text(std::string_view text);
  SLUICE_LOCAL void send_held();
  SLUICE_LOCAL void report_text(std::string_view error);
  SLUICE_LOCAL std::size_t send_to_all(std::string_view text,
                                       std::span<const BroadcastTarget> targets);
  [[nodiscard]] SLUICE_LOCAL std::chrono::milliseconds random_up_to(std::chrono::milliseconds max);
  SLUICE_LOCAL void report_error(std::string what, std::error_code error);

  Loop& loop_;
  ReplyGuard& guard_;
  BroadcastOptions options_;
  std::minstd_rand random_;
  AnswerLimits limits_;
  DelayedAnswers waiting_{BroadcastOptions::kMaxWaiting};
  std::function<void(std::string_view)> published_;
  std::deque<std::string> held_;  // texts of other hosts
  std::size_t held_bytes_ = 0;
  Counts counts_;
  bool had_targets_ = true;
  bool has_left_groups_ = false;
  std::vector<BroadcastTarget> targets_;
  std::optional<std::pair<std::uint64_t, TimePoint>> targets_read_at_;  // turn and time
  Report last_error_;
  PacedReport error_report_;
  DatagramSocket socket_;
  std::string where_;  // the endpoint, for reports
  BroadcastScope scope_;
  GroupMembership membership_;
  Timer announce_timer_;
  Timer answer_timer_;
  Timer refresh_timer_;
};

}  // namespace sluice

#endif
