#include "reply_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace sluice {
namespace {

constexpr std::uint16_t kFirstUnreserved = 1024;
constexpr std::uint16_t kNfs = 2049;

constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// In the host's byte order; the IPv4 address of an IPv4-mapped one. Called once or twice for each
// datagram, so it copies no Address.
std::optional<std::uint32_t> ipv4_of(const Address& address) noexcept {
  std::uint32_t ipv4 = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(address.data());
  if (address.family() == AF_INET) {
    std::memcpy(&ipv4, bytes + offsetof(sockaddr_in, sin_addr), sizeof ipv4);
  } else if (address.family() == AF_INET6) {
    const auto* const ipv6 = bytes + offsetof(sockaddr_in6, sin6_addr);
    if (std::memcmp(ipv6, kMapped.data(), kMapped.size()) != 0) return std::nullopt;
    std::memcpy(&ipv4, ipv6 + kMapped.size(), sizeof ipv4);
  } else {
    return std::nullopt;
  }
  return ntohl(ipv4);
}

// 0/8 is "this host on this network" (RFC 1122 section 3.2.1.3), 224/4 multicast, 255/8 broadcast.
bool is_for_many_hosts(std::uint32_t ipv4) noexcept {
  const std::uint32_t net = ipv4 >> 24;
  return net == 0 || (net >= 224 && net < 240) || net == 255;
}

}  // namespace

std::string_view to_string(ReplyGuard::Refusal refusal) noexcept {
  switch (refusal) {
    case ReplyGuard::Refusal::none:
      return "an answer is allowed";
    case ReplyGuard::Refusal::not_admitted:
      return "its address is not admitted";
    case ReplyGuard::Refusal::reserved_port:
      return "its port is below 1024 or 2049";
    case ReplyGuard::Refusal::service_port:
      return "its port is one of this server's, and gets few answers";
    case ReplyGuard::Refusal::source_address:
      return "its address is broadcast, multicast or unspecified";
    case ReplyGuard::Refusal::sent_to_many:
      return "the request was sent to a broadcast or multicast address";
    case ReplyGuard::Refusal::source_limit:
      return "the limit on answers to one source";
    case ReplyGuard::Refusal::total_limit:
      return "the limit on answers to all sources";
  }
  return "?";
}

ReplyGuard::ReplyGuard(Loop& loop)
    : loop_(loop), broadcasts_(loop), report_(loop, [this] { return describe(); }) {}

ReplyGuard::ReplyGuard(Loop& loop, ReplyGuard& all, Admits admits)
    : loop_(loop), all_(&all), admits_(std::move(admits)), broadcasts_(loop), report_(loop, [this] {
        return describe();
      }) {}

bool ReplyGuard::allows(const Datagram& datagram, std::string_view where, RequestsTo requests) {
  const Refusal refusal = check(datagram, requests);
  if (refusal != Refusal::none) refuse(datagram, where, refusal);
  return refusal == Refusal::none;
}

ReplyGuard::Refusal ReplyGuard::admit(const Datagram& datagram, std::string_view where,
                                      AnswerLimits& limits, RequestsTo requests) {
  Refusal refusal = check_addresses(datagram, requests);
  if (refusal == Refusal::none) refusal = spend(datagram, limits);
  if (refusal != Refusal::none) refuse(datagram, where, refusal);
  return refusal;
}

ReplyGuard::Refusal ReplyGuard::check(const Datagram& datagram, RequestsTo requests) {
  const Refusal refusal = check_addresses(datagram, requests);
  if (refusal != Refusal::none) return refusal;
  return is_service_port(datagram.from.port()) ? Refusal::service_port : Refusal::none;
}

ReplyGuard::Refusal ReplyGuard::check_addresses(const Datagram& datagram, RequestsTo requests) {
  if (all_ != nullptr) {
    return admits_(datagram.from) ? all_->check_addresses(datagram, requests)
                                  : Refusal::not_admitted;
  }
  const std::uint16_t port = datagram.from.port();
  if (port < kFirstUnreserved || port == kNfs) return Refusal::reserved_port;
  if (datagram.from.is_unspecified() || is_for_many(datagram.from)) return Refusal::source_address;
  if (requests == RequestsTo::one && is_sent_to_many(datagram)) return Refusal::sent_to_many;
  return Refusal::none;
}

ReplyGuard::Refusal ReplyGuard::spend(const Datagram& datagram, AnswerLimits& limits) {
  const bool is_service = is_service_port(datagram.from.port());
  switch (limits.take(datagram.from, loop_.now(),
                      is_service ? AnswerLimits::Port::service : AnswerLimits::Port::ordinary)) {
    case AnswerLimits::Verdict::allowed:
      return Refusal::none;
    case AnswerLimits::Verdict::total_limit:
      return Refusal::total_limit;
    case AnswerLimits::Verdict::source_limit:
      break;
  }
  return is_service ? Refusal::service_port : Refusal::source_limit;
}

void ReplyGuard::refuse(const Datagram& datagram, std::string_view where, Refusal refusal) {
  ++refused_;
  if (all_ != nullptr) ++all_->refused_;
  last_ = refusal;
  last_source_ = datagram.from;
  last_where_ = where;
  report_.happened();
}

bool ReplyGuard::is_sent_to_many(const Datagram& datagram) {
  // The destination is unspecified if the system does not provide it. If a socket is bound to a
  // directed broadcast address, Datagram::unicast is true for datagrams to that address, so this
  // also checks the address.
  if (datagram.to.is_unspecified()) return false;
  if (all_ != nullptr) return all_->is_sent_to_many(datagram);
  return !datagram.unicast || is_for_many(datagram.to);
}

bool ReplyGuard::is_for_many(const Address& address) {
  const auto ipv4 = ipv4_of(address);
  if (!ipv4) return address.is_multicast();
  return is_for_many_hosts(*ipv4) || broadcasts_.contains(*ipv4);
}

bool ReplyGuard::is_service_port(std::uint16_t port) const noexcept {
  if (all_ != nullptr) return all_->is_service_port(port);
  return std::ranges::find(ports_, port) != ports_.end();
}

void ReplyGuard::add_port(std::uint16_t port) {
  if (all_ != nullptr) return all_->add_port(port);
  ports_.push_back(port);
}

void ReplyGuard::remove_port(std::uint16_t port) noexcept {
  if (all_ != nullptr) return all_->remove_port(port);
  const auto found = std::ranges::find(ports_, port);
  if (found != ports_.end()) ports_.erase(found);
}

Report ReplyGuard::describe() const {
  std::string what = "no answer over UDP to " + last_source_.to_string() + ": ";
  what += to_string(last_);
  return {
      .kind = Report::Kind::refused, .where = last_where_, .what = std::move(what), .error = {}};
}

}  // namespace sluice
