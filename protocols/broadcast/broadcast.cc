#include "broadcast.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace sluice {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

// Empty when it may be sent.
std::string wrong_with(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() <= BroadcastOptions::kMaxMessage) return {};
  return "it has " + std::to_string(text.size()) + " bytes, and at most " +
         std::to_string(BroadcastOptions::kMaxMessage) + " are allowed";
}

void check_message(std::string_view message) {
  const std::string wrong = wrong_with(message);
  if (!wrong.empty()) throw std::invalid_argument("broadcast message: " + wrong);
}

BroadcastOptions checked(BroadcastOptions options) {
  check_message(options.message);
  const Address& group = options.group;
  if (!group.is_unspecified() &&
      (group.unmapped().family() != AF_INET6 || !group.is_multicast() || group.scope_id() != 0)) {
    throw std::invalid_argument("broadcast group " + group.host() +
                                ": not an IPv6 multicast address without a zone");
  }
  if (options.announce.count() < 0) {
    throw std::invalid_argument("broadcast announce: a negative time");
  }
  if (options.answers_per_second == 0 || options.answers_per_source == 0) {
    throw std::invalid_argument("broadcast answers: 0 a second");
  }
  return options;
}

DatagramOptions socket_options(const BroadcastOptions& options) noexcept {
  DatagramOptions result;
  result.broadcast = true;
  result.reuse_port = options.reuse_port;
  result.max_size = 1;  // that it came is all that counts
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

std::uint64_t from_the_system() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Broadcast::Broadcast(Loop& loop, const Endpoint& local, ReplyGuard& guard, BroadcastOptions options)
    : loop_(loop),
      guard_(guard),
      options_(checked(std::move(options))),
      random_(options_.seed != 0 ? options_.seed : static_cast<std::uint32_t>(from_the_system())),
      limits_(options_.answers_per_second, options_.answers_per_source, from_the_system()),
      trouble_(loop, [this] { return last_; }),
      socket_(loop, local, *this, socket_options(options_)),
      where_(socket_.local().to_string()),
      scope_(scope_of(socket_.local(), options_)),
      membership_(socket_),
      announce_timer_(loop, [this] { announce(); }),
      answer_timer_(loop, [this] { answer_waiting(); }),
      follow_timer_(loop, [this] { follow_group(); }) {
  if (options_.announce.count() > 0) {
    announce_timer_.start(random_up_to(BroadcastOptions::kMaxDelay));
  }
  // Who asks the group is heard only where it was joined.
  if (scope_.ipv6 && scope_.bound.is_unspecified()) {
    read_targets();
    follow_timer_.start_repeating(BroadcastOptions::kFollow);
  }
  guard_.add_port(endpoint().address().port());
}

Broadcast::~Broadcast() { guard_.remove_port(endpoint().address().port()); }

void Broadcast::set_message(std::string_view message) {
  check_message(message);
  options_.message = message;
}

void Broadcast::on_datagram(DatagramSocket& socket, const Datagram& datagram) {
  // The guard knows the port too, but would report every announcement on the network as a refusal.
  if (datagram.from.port() == endpoint().address().port()) {
    ++counts_.heard;
    return;
  }
  if (!guard_.allows(datagram, where_, RequestsTo::any)) return;
  if (!limits_.take(datagram.from, loop_.now())) {
    ++counts_.limited;
    return;
  }
  // What the system does not tell may have been for many.
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
  // Rounded up: a timer that runs a moment too early would find nothing due.
  answer_timer_.start(std::chrono::ceil<std::chrono::milliseconds>(left));
}

void Broadcast::follow_group() {
  if (socket_.draining() || socket_.closed()) return follow_timer_.stop();
  read_targets();
}

void Broadcast::announce() {
  if (socket_.draining() || socket_.closed()) return;
  const auto jitter = options_.announce * BroadcastOptions::kJitterPercent / 100;
  const auto next = options_.announce - jitter + random_up_to(2 * jitter);
  announce_timer_.start(std::max(next, std::chrono::milliseconds(1)));
  const auto targets = read_targets();
  send_to_all(options_.message, targets);
  // Told when it comes to be so, and not again every few seconds.
  if (targets.empty() && had_targets_) tell("there is no interface to announce on", {});
  had_targets_ = !targets.empty();
}

Broadcast::Published Broadcast::publish(std::string_view text) {
  std::string wrong = wrong_with(text);
  if (!wrong.empty()) return {.targets = 0, .refusal = std::move(wrong)};
  if (socket_.closed()) return {.targets = 0, .refusal = "the service is closed"};
  const auto targets = read_targets();
  const std::size_t sent = send_to_all(text, targets);
  if (sent == 0 && !targets.empty()) return {.targets = 0, .refusal = "the send queue is full"};
  return {.targets = sent, .refusal = {}};
}

std::vector<BroadcastTarget> Broadcast::read_targets() {
  const auto interfaces = interface_addresses();
  if (!interfaces) {
    tell("the interfaces cannot be read", std::error_code(errno, std::generic_category()));
    return {};
  }
  auto targets = broadcast_targets(*interfaces, scope_);
  if (scope_.ipv6 && scope_.bound.is_unspecified() && !socket_.closed()) {
    std::vector<Address> groups;
    for (const BroadcastTarget& target : targets) {
      if (target.to.family() == AF_INET6) groups.push_back(target.to);
    }
    if (const auto error = membership_.set_groups(groups)) tell("a group cannot be joined", error);
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

std::chrono::milliseconds Broadcast::random_up_to(std::chrono::milliseconds most) {
  using Distribution = std::uniform_int_distribution<std::chrono::milliseconds::rep>;
  return std::chrono::milliseconds(Distribution(0, most.count())(random_));
}

void Broadcast::on_error(DatagramSocket& /*socket*/, std::error_code error, const Address& to) {
  tell(to.is_ip() ? "nothing sent to " + to.to_string() : "the socket has an error", error);
}

void Broadcast::tell(std::string what, std::error_code error) {
  last_ = {
      .kind = Report::Kind::socket_error, .where = where_, .what = std::move(what), .error = error};
  trouble_.happened();
}

}  // namespace sluice
