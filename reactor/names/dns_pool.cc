#include "dns_pool.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

#include "../base/text/host_name.h"
#include "../loop/loop_internals.h"
#include "dns_questions.h"
#include "dns_reader.h"

namespace sluice {

using std::chrono::milliseconds;

struct DnsPool::Socket {
  Socket(Loop& loop, const AresSettings& settings, AresChannel::Owner& owner)
      : channel(loop, settings, owner) {}

  std::size_t in_flight = 0;
  std::size_t asked = 0;  // since it was opened
  AresChannel channel;
};

namespace {

std::span<const unsigned char> bytes_of(const std::string& text) noexcept {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// The error that a server answered with, where another server may know better.
std::error_code failure_in(const std::string& message) noexcept {
  if (message.size() < DnsLimits::kHeader) return ResolverError::server_failed;
  const std::error_code error = error_of_rcode(dns_rcode(bytes_of(message)));
  return error == ResolverError::not_found ? std::error_code() : error;
}

}  // namespace

DnsPool::DnsPool(Loop& loop, const DnsPoolOptions& options, Answered answered)
    : LoopComponent(loop, Phase::callbacks),
      answered_(std::move(answered)),
      first_timeout_(options.try_timeout),
      deadline_(options.deadline),
      is_spread_(options.servers.size() > 1),
      max_tries_(options.tries),
      may_be_short_(options.tries > 1 && !options.over_tcp),
      window_(options.in_flight) {
  assert(options.tries >= 1 && options.tries <= ResolverOptions::kMaxTries);
  assert(options.in_flight >= 1 && options.in_flight <= DnsPoolOptions::kMaxInFlight);
  if (deadline_ > milliseconds(0)) {
    first_timeout_ = std::min(first_timeout_, deadline_);
    may_be_short_ = may_be_short_ && first_timeout_ * 2 <= deadline_;  // a full try follows it
  }
  (void)random_dns_id();
  make_groups(options);
}

DnsPool::~DnsPool() = default;

void DnsPool::make_groups(const DnsPoolOptions& options) {
  ResolverOptions one{.try_timeout = first_timeout_,
                      .tries = 1,
                      .deadline = milliseconds(0),
                      .servers = options.servers,
                      .over_tcp = options.over_tcp};
  const std::vector<Address> servers = AresSettings(one).servers();
  servers_ = servers.size();
  max_tries_ *= static_cast<unsigned>(servers_);
  for (const Address& server : servers) {
    one.servers = {server};
    for (unsigned level = 0; level < kLevels; ++level) {
      one.try_timeout = std::max(milliseconds(1), timeout_of(level));
      groups_.push_back({std::make_unique<AresSettings>(one), {}, 0});
    }
  }
}

milliseconds DnsPool::timeout_of(unsigned level) const noexcept {
  if (level >= kShortLevels) return first_timeout_ * (1U << (level - kShortLevels));
  return first_timeout_ / (level == 0 ? 8 : 4);
}

void DnsPool::ask(std::string_view name, DnsType type, Asker asker) {
  const auto [at, is_new] = questions_.try_emplace(dns_question(in_lower_case(name), type));
  Question& question = at->second;
  try {
    question.askers.push_back(asker);
    if (!is_new) return;
    done_.reserve(questions_.size());
    question.key = &at->first;
    question.asked = loop().now();
    if (is_spread_) question.server = next_server_++ % servers_;
    (void)send(question);
  } catch (...) {
    if (is_new) questions_.erase(at);
    throw;
  }
}

// The sockets for a short try. Null if the question may have none.
DnsPool::Group* DnsPool::short_group_for(const Question& question) noexcept {
  if (!may_be_short_ || question.had_short_try || question.tries > 0) return nullptr;
  const auto enough = patience_.enough();
  if (!enough) return nullptr;
  for (unsigned level = 0; level < kShortLevels; ++level) {
    if (timeout_of(level) >= *enough) return &groups_[question.server * kLevels + level];
  }
  return nullptr;
}

// The sockets for the next full try. Null if there is no time left for it.
DnsPool::Group* DnsPool::group_for(const Question& question) noexcept {
  const auto rounds = static_cast<unsigned>(question.tries / servers_);
  unsigned level = std::min(kShortLevels + rounds, kLevels - 1);
  if (deadline_ > milliseconds(0) && (question.tries > 0 || question.had_short_try)) {
    const auto left = deadline_ - (loop().now() - question.asked);
    while (level > kShortLevels && timeout_of(level) > left) --level;
    if (first_timeout_ > left) return nullptr;
  }
  return &groups_[question.server * kLevels + level];
}

DnsPool::Socket& DnsPool::socket_of(Group& group) {
  for (std::size_t i = 0; i < group.sockets.size(); ++i) {
    group.last = (group.last + 1) % group.sockets.size();
    Socket& socket = *group.sockets[group.last];
    if (socket.in_flight < kMaxShared && socket.asked < kMaxAsked) return socket;
  }
  AresChannel::Owner& owner = *this;
  group.sockets.push_back(std::make_unique<Socket>(loop(), *group.settings, owner));
  return *group.sockets.back();
}

// Returns false if there is no time left.
bool DnsPool::send(Question& question) {
  Group* group = short_group_for(question);
  const bool is_short = group != nullptr;
  if (!is_short) group = group_for(question);
  if (group == nullptr) return false;
  std::string message = *question.key;
  set_dns_id(message, random_dns_id());
  Socket& socket = socket_of(*group);
  ++socket.in_flight;
  ++socket.asked;
  if (!is_short) ++question.tries;
  question.is_short_try = is_short;
  question.had_short_try |= is_short;
  question.sent = loop().now();
  question.socket = &socket;
  socket.channel.ask(message, question);
  return true;
}

void DnsPool::on_answer(AresChannel& /*channel*/, AresChannel::Asked& asked, std::error_code error,
                        std::span<const unsigned char> message) noexcept {
  auto& question = static_cast<Question&>(asked);
  // c-ares closes the socket of a channel that waits for nothing; the next one has another port.
  if (--question.socket->in_flight == 0) question.socket->asked = 0;
  question.error = error;
  try {
    question.message.assign(reinterpret_cast<const char*>(message.data()), message.size());
  } catch (const std::bad_alloc&) {
    question.error = ResolverError::no_memory;
  }
  done_.push_back(&question);
  request_end_of_turn();
}

void DnsPool::end_of_turn() {
  // A question that cannot be sent is done at once. Those of `answered_` wait for the next turn.
  const std::size_t count = done_.size();
  for (std::size_t i = 0; i < count; ++i) conclude(*done_[i]);
  done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(count));
  if (!done_.empty()) request_end_of_turn();
}

void DnsPool::conclude(Question& question) {
  const bool is_late = question.error == ResolverError::timed_out;
  if (question.is_short_try) patience_.short_try_ended(!is_late);
  if (is_late || question.error == ResolverError::no_server) {
    return try_again(question, question.error);
  }
  if (question.error) return finish(question, question.error);
  patience_.answered(loop().now() - question.sent);
  window_.answered(question.tries + (question.had_short_try ? 1U : 0U) == 1);
  const std::error_code failure = failure_in(question.message);
  if (!failure) return finish(question, {});
  question.failure = failure;
  if (++question.failures >= servers_) return finish(question, failure);
  try_again(question, failure);
}

void DnsPool::try_again(Question& question, std::error_code why) {
  // What a server has answered says more than the silence of another.
  if (!question.failure || question.failures == 0) question.failure = why;
  // What was lost on the way to a server that answers is asked of it again.
  const bool is_of_short_try = question.is_short_try && why == ResolverError::timed_out;
  if (!is_of_short_try) question.server = (question.server + 1) % servers_;
  try {
    if (question.tries < max_tries_ && send(question)) return;
    finish(question, question.failure);
  } catch (const std::bad_alloc&) {
    finish(question, ResolverError::no_memory);
  } catch (const std::system_error&) {
    finish(question, ResolverError::no_server);  // without random numbers nothing can be sent
  }
}

void DnsPool::finish(Question& question, std::error_code error) {
  const auto node = questions_.extract(*question.key);
  const DnsReply reply{error, bytes_of(question.message), node.key()};
  for (const Asker asker : question.askers) {
    LoopInternals::guarded(loop(), "resolver", [&] { answered_(asker, reply); });
  }
}

}  // namespace sluice
