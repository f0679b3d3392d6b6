#include "broadcast.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "../../reactor/base/text/quote.h"

namespace sluice {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Empty if the text may be sent.
std::string text_error(std::string_view text) {
  if (text.empty()) return "the text is empty";
  if (text.size() <= BroadcastOptions::kMaxMessage) return {};
  return "the text has " + std::to_string(text.size()) + " bytes; at most " +
         std::to_string(BroadcastOptions::kMaxMessage) + " are allowed";
}

void check_message(std::string_view message) {
  const std::string error = text_error(message);
  if (!error.empty()) throw std::invalid_argument("broadcast message: " + error);
}

BroadcastOptions checked(BroadcastOptions options) {
  check_message(options.message);
  const Address& group = options.group;
  if (!group.is_unspecified() &&
      (group.unmapped().family() != AF_INET6 || !group.is_multicast() || group.scope_id() != 0)) {
    throw std::invalid_argument("broadcast group " + group.host() +
                                ": it must be an IPv6 multicast address without a zone");
  }
  if (options.announce.count() < 0 || options.announce > BroadcastOptions::kMaxAnnounce) {
    throw std::invalid_argument("broadcast announce is " +
                                std::to_string(options.announce.count()) + " ms; allowed: 0-" +
                                std::to_string(BroadcastOptions::kMaxAnnounce.count()));
  }
  if (options.answers_per_second == 0) {
    throw std::invalid_argument("broadcast answers_per_second is 0; it must be at least 1");
  }
  if (options.answers_per_source == 0) {
    throw std::invalid_argument("broadcast answers_per_source is 0; it must be at least 1");
  }
  return options;
}

DatagramOptions socket_options(const BroadcastOptions& options) noexcept {
  DatagramOptions result;
  result.broadcast = true;
  result.reuse_port = options.reuse_port;
  result.max_size = 1;  // the contents are ignored
  return result;
}

BroadcastScope scope_of(const Endpoint& local, const BroadcastOptions& options) {
  const Address& address = local.address();
  return {.ipv4 = address.family() == AF_INET || local.any_family(),
          .ipv6 = address.family() == AF_INET6,
          .bound = address.is_unspecified() ? Address() : address,
          .interface = options.interface,
          .group = options.group,
          .port = address.port()};
}

std::string no_target(const BroadcastOptions& options) {
  const std::string which = options.interface.empty() ? "" : ' ' + quote(options.interface);
  return "there is no interface" + which + " to announce on";
}

std::uint32_t random_seed() { return std::random_device()(); }

}  // namespace

Broadcast::Broadcast(Loop& loop, DatagramBinding local, ReplyGuard& guard, BroadcastOptions options)
    : loop_(loop),
      guard_(guard),
      options_(checked(std::move(options))),
      random_(options_.seed != 0 ? options_.seed : random_seed()),
      limits_({.total = options_.answers_per_second,
               .per_source = options_.answers_per_source,
               .source_prefix = options_.source_prefix}),
      error_report_(loop, [this] { return last_error_; }),
      socket_(loop, std::move(local), *this, socket_options(options_)),
      where_(socket_.local().to_string()),
      scope_(scope_of(socket_.local(), options_)),
      membership_(socket_),
      announce_timer_(loop,
                      [this] {
                        if (options_.announce.count() > 0) return announce();
                        if (read_targets().empty()) report_error(no_target(options_), {});
                      }),
      answer_timer_(loop, [this] { answer_waiting(); }),
      refresh_timer_(loop, [this] { refresh_groups(); }) {
  if (options_.announce.count() > 0) {
    announce_timer_.start(random_up_to(BroadcastOptions::kMaxDelay));
  } else if (!options_.interface.empty()) {
    // Names an interface that is not there. The service runs all the same: it may come up later.
    announce_timer_.start(std::chrono::milliseconds(0));
  }
  // Requests to the group arrive only on interfaces on which the socket has joined it.
  if (scope_.ipv6 && scope_.bound.is_unspecified()) {
    (void)targets();
    refresh_timer_.start_repeating(BroadcastOptions::kRefreshInterval);
  }
  guard_.add_port(endpoint().address().port());
}

Broadcast::~Broadcast() { guard_.remove_port(endpoint().address().port()); }

void Broadcast::leave_groups() noexcept {
  has_left_groups_ = true;
  (void)membership_.set_groups({});
}

void Broadcast::set_message(std::string_view message) {
  check_message(message);
  options_.message = message;
}

void Broadcast::on_datagram(DatagramSocket& socket, const Datagram& datagram) {
  // Two such services must not answer each other even once, and not every announcement on the
  // network is to be reported.
  if (datagram.from.port() == endpoint().address().port()) {
    ++counts_.ignored;
    return;
  }
  const auto refusal = guard_.admit(datagram, where_, limits_, RequestsTo::any);
  if (refusal != ReplyGuard::Refusal::none) {
    if (refusal >= ReplyGuard::Refusal::source_limit) ++counts_.limited;
    return;
  }
  // If the system does not provide the destination, it may have been a broadcast address.
  if (datagram.unicast && !guard_.is_sent_to_many(datagram)) {
    if (socket.reply(datagram, bytes_of(options_.message))) ++counts_.answered;
    return;
  }
  const TimePoint due = later(loop_.now(), random_up_to(BroadcastOptions::kMaxDelay));
  if (!waiting_.add(datagram.from, due)) {
    ++counts_.limited;
    return;
  }
  arm_answers();
}

void Broadcast::answer_waiting() {
  while (const auto to = waiting_.pop_due(loop_.now())) {
    if (socket_.send_to(bytes_of(options_.message), *to)) ++counts_.answered;
  }
  if (waiting_.size() > 0) arm_answers();
}

void Broadcast::arm_answers() {
  const auto left = std::max(waiting_.next_due() - loop_.now(), Clock::duration::zero());
  // Rounded up, because no answer would be due if the timer ran early.
  answer_timer_.start(std::chrono::ceil<std::chrono::milliseconds>(left));
}

void Broadcast::refresh_groups() {
  if (socket_.draining() || socket_.closed()) return refresh_timer_.stop();
  (void)targets();
}

void Broadcast::announce() {
  if (socket_.draining() || socket_.closed()) return;
  const auto jitter = options_.announce * BroadcastOptions::kJitterPercent / 100;
  const auto next = options_.announce - jitter + random_up_to(2 * jitter);
  announce_timer_.start(std::max(next, std::chrono::milliseconds(1)));
  const auto& targets = this->targets();
  send_to_all(options_.message, targets);
  // Reported only when the last target disappears, and not for each announcement.
  if (targets.empty() && had_targets_) report_error(no_target(options_), {});
  had_targets_ = !targets.empty();
}

Broadcast::PublishResult Broadcast::publish(std::string_view text) {
  PublishResult result = send_text(text);
  if (result.error.empty() && published_) published_(text);
  return result;
}

void Broadcast::publish_of_other(std::string_view text) {
  if (const std::string error = text_error(text); !error.empty()) return report_text(error);
  const std::size_t cost = text.size() + DatagramOptions::kOverhead;
  if (cost > BroadcastOptions::kMaxHeld - held_bytes_) {
    return report_text("more than " + std::to_string(BroadcastOptions::kMaxHeld) +
                       " bytes wait for the send queue");
  }
  held_.emplace_back(text);
  held_bytes_ += cost;
  send_held();
}

void Broadcast::on_writable(DatagramSocket& /*socket*/) { send_held(); }

void Broadcast::send_held() {
  while (!held_.empty() && socket_.has_room()) {
    const PublishResult result = send_text(held_.front());
    held_bytes_ -= held_.front().size() + DatagramOptions::kOverhead;
    held_.pop_front();
    if (!result.error.empty()) report_text(result.error);
  }
}

void Broadcast::report_text(std::string_view error) {
  report_error("a text of another host is not sent: " + std::string(error), {});
}

Broadcast::PublishResult Broadcast::send_text(std::string_view text) {
  std::string error = text_error(text);
  if (!error.empty()) return {.targets = 0, .error = std::move(error)};
  if (socket_.closed()) return {.targets = 0, .error = "the service is closed"};
  const auto& targets = this->targets();
  const std::size_t sent = send_to_all(text, targets);
  if (sent == 0 && !targets.empty()) return {.targets = 0, .error = "the send queue is full"};
  return {.targets = sent, .error = {}};
}

// Each reading costs several system calls, and a turn may publish very many texts.
const std::vector<BroadcastTarget>& Broadcast::targets() {
  const std::uint64_t turn = loop_.counters().turns;
  if (!targets_read_at_ || *targets_read_at_ != std::pair(turn, loop_.now())) {
    targets_ = read_targets();
    targets_read_at_.emplace(turn, loop_.now());
  }
  return targets_;
}

std::vector<BroadcastTarget> Broadcast::read_targets() {
  const auto interfaces = interface_addresses();
  if (!interfaces) {
    report_error("cannot read the list of interfaces",
                 std::error_code(errno, std::generic_category()));
    return {};
  }
  auto targets = broadcast_targets(*interfaces, scope_);
  const bool joins = scope_.ipv6 && scope_.bound.is_unspecified() && !has_left_groups_;
  if (joins && !socket_.closed()) {
    std::vector<Address> groups;
    for (const BroadcastTarget& target : targets) {
      if (target.to.family() == AF_INET6) groups.push_back(target.to);
    }
    if (const auto error = membership_.set_groups(groups)) {
      report_error("cannot join a group", error);
    }
  }
  return targets;
}

std::size_t Broadcast::send_to_all(std::string_view text,
                                   std::span<const BroadcastTarget> targets) {
  std::size_t sent = 0;
  for (const BroadcastTarget& target : targets) {
    if (socket_.send_to(bytes_of(text), target.to, target.interface)) ++sent;
  }
  counts_.sent += sent;
  return sent;
}

std::chrono::milliseconds Broadcast::random_up_to(std::chrono::milliseconds max) {
  using Distribution = std::uniform_int_distribution<std::chrono::milliseconds::rep>;
  return std::chrono::milliseconds(Distribution(0, max.count())(random_));
}

void Broadcast::on_error(DatagramSocket& /*socket*/, std::error_code error, const Address& to) {
  report_error(to.is_ip() ? "cannot send to " + to.to_string() : "error on the socket", error);
}

void Broadcast::report_error(std::string what, std::error_code error) {
  last_error_ = {
      .kind = Report::Kind::socket_error, .where = where_, .what = std::move(what), .error = error};
  error_report_.happened();
}

}  // namespace sluice
