#include "tls_pool.h"

#include <algorithm>
#include <utility>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/names/ares_settings.h"
#include "../../reactor/names/dns_message.h"
#include "../../reactor/names/dns_reader.h"
#include "../../reactor/tls/tls_certificate.h"
#include "../../reactor/tls/tls_client.h"
#include "answer.h"

namespace sluice::tools::lookup {
namespace {

constexpr std::chrono::milliseconds kCheck{100};  // how exact the deadlines are
constexpr std::size_t kMaxReports = 16;           // of one server
static_assert(DnsPoolOptions::kMaxInFlight <= TlsLink::kMaxWindow);

std::vector<TlsServer> servers_of(const LookupOptions& options) {
  if (!options.tls->servers.empty()) return options.tls->servers;
  std::vector<TlsServer> servers;
  for (Address address : AresSettings(options.resolver).servers()) {
    address.set_port(kDnsTlsPort);
    servers.push_back(tls_server(address, ""));
  }
  return servers;
}

TlsClient client_of(const TlsAsking& settings) {
  TlsClientOptions options;
  if (!settings.ca.empty()) {
    options.ca = read_pem(settings.ca);
    options.ca_name = settings.ca;
  }
  return TlsClient(options);
}

}  // namespace

bool has_tls() noexcept { return true; }

std::unique_ptr<Asking> ask_over_tls(Loop& loop, const LookupOptions& options,
                                     DnsPool::Answered answered) {
  return std::make_unique<TlsPool>(loop, options, std::move(answered));
}

TlsPool::TlsPool(Loop& loop, const LookupOptions& options, DnsPool::Answered answered)
    : loop_(loop),
      answered_(std::move(answered)),
      deadline_(options.pool.deadline),
      max_in_flight_(options.pool.in_flight),
      is_spread_(options.tls->servers.size() > 1),
      max_tries_(options.pool.tries),
      timer_(loop, [this] { check(); }) {
  const TlsClient client = client_of(*options.tls);
  for (const TlsServer& server : servers_of(options)) {
    Server& one = servers_.emplace_back();
    TlsLink::Owner& owner = *this;
    one.link = std::make_unique<TlsLink>(loop, server, client.transport(server.name),
                                         options.pool.try_timeout, max_in_flight_, owner);
  }
  max_tries_ *= static_cast<unsigned>(servers_.size());
  // One question may stay without an answer on a connection that answers others.
  if (deadline_.count() == 0) deadline_ = options.pool.try_timeout * max_tries_;
  timer_.start_repeating(kCheck);
}

void TlsPool::ask(std::string_view name, DnsType type, DnsPool::Asker asker) {
  const auto [at, is_new] = questions_.try_emplace(dns_question(in_lower_case(name), type));
  Question& question = at->second;
  try {
    question.askers.push_back(asker);
    if (!is_new) return;
    question.key = &at->first;
    if (is_spread_) question.server = next_server_++ % servers_.size();
    send(question);
  } catch (...) {
    if (question.link != nullptr && is_new) question.link->forget(question);
    if (is_new) questions_.erase(at);
    throw;
  }
}

bool TlsPool::is_any_left() const noexcept {
  return std::any_of(servers_.begin(), servers_.end(),
                     [](const Server& server) { return !server.is_refused; });
}

// To the next server that does not rest; if all do, to the next one whose certificate is good. If
// there is none, check() finishes the question, so that ask() calls nothing.
void TlsPool::send(Question& question) {
  const std::size_t count = servers_.size();
  for (const bool may_rest : {false, true}) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = (question.server + i) % count;
      Server& server = servers_[at];
      if (server.is_refused || (!may_rest && loop_.now() < server.rests_until)) continue;
      question.server = at;
      return server.link->send(question);
    }
  }
}

void TlsPool::on_answer(TlsLink::Question& asked, std::span<const unsigned char> message) {
  auto& question = static_cast<Question&>(asked);
  const std::error_code failure = error_of_rcode(dns_rcode(message));
  if (!failure || failure == ResolverError::not_found) return finish(question, {}, message);
  question.failure = failure;
  if (++question.failures >= servers_.size()) return finish(question, failure, message);
  try_again(question, failure);
}

void TlsPool::on_down(TlsLink& link, const TlsLink::End& end,
                      const std::vector<TlsLink::Question*>& lost,
                      const std::list<TlsLink::Question*>& waiting) {
  const auto server = std::find_if(servers_.begin(), servers_.end(),
                                   [&link](const Server& one) { return one.link.get() == &link; });
  server->is_refused = server->is_refused || end.is_refused_certificate;
  if (!end.has_answered) server->rests_until = loop_.now() + kRest;
  if (!end.has_answered && !lost.empty() && server->reported.size() < kMaxReports &&
      server->reported.insert(end.why).second) {
    complain("server " + link.server().text + ": " + end.why);
  }
  const bool has_failed_again =
      std::exchange(server->has_failed, !end.has_answered) && !end.has_answered;
  const std::error_code why = end.is_silent ? ResolverError::timed_out : ResolverError::no_server;
  const auto go_on = [this, why](TlsLink::Question* question, bool counts) {
    auto& one = static_cast<Question&>(*question);
    counts ? try_again(one, why) : send(one);
  };
  for (TlsLink::Question* const one : lost) go_on(one, !end.has_answered);
  for (TlsLink::Question* const one : waiting) {
    go_on(one, has_failed_again || end.is_refused_certificate);
  }
}

void TlsPool::try_again(Question& question, std::error_code why) {
  // What a server has answered says more than the silence of another.
  if (question.failures == 0) question.failure = why;
  question.server = (question.server + 1) % servers_.size();
  if (++question.tries >= max_tries_ || !is_any_left()) {
    return finish(question, question.failure, {});
  }
  send(question);
}

void TlsPool::finish(Question& question, std::error_code error,
                     std::span<const unsigned char> message) {
  if (question.link != nullptr) question.link->forget(question);
  const auto node = questions_.extract(*question.key);
  const DnsReply reply{error, message, node.key()};
  for (const DnsPool::Asker asker : question.askers) answered_(asker, reply);
}

// The answers may ask again, so what is due is collected first.
void TlsPool::check() {
  const TimePoint now = loop_.now();
  for (Server& server : servers_) server.link->check(now);
  std::vector<Question*> due;
  for (auto& [key, question] : questions_) {
    const bool is_late = question.begun && now - *question.begun >= deadline_;
    if (is_late || question.link == nullptr) due.push_back(&question);
  }
  for (Question* const question : due) {
    const bool is_lost = question->link == nullptr;
    const std::error_code why = is_lost ? ResolverError::no_server : ResolverError::timed_out;
    finish(*question, question->failures > 0 ? question->failure : why, {});
  }
}

}  // namespace sluice::tools::lookup
