#include "connector.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <utility>

#include "../base/text/quote.h"
#include "../loop/loop_internals.h"
#include "../loop/timer.h"
#include "../names/resolver.h"
#include "../stream/connection.h"
#include "connect_attempt.h"
#include "connect_order.h"
#include "connect_target.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

std::error_code code_of(int error) { return {error, std::generic_category()}; }

}  // namespace

// The functions to call with the result, and the attempts until then.
class Connector::Race final : private ConnectJudge {
 public:
  Race(Connector& owner, std::vector<Address> addresses, Failed failed);
  ~Race() { end_lookup(); }
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  ProtocolFactory factory;  // exactly one of these two is set
  Connected connected;

  void begin();
  // Instead of begin(), if the addresses are not known yet. REQUIRES: `resolver` outlives the race.
  void look_up(Resolver& resolver, const ConnectTarget& target);
  void use_transport(TransportFactory transport) {
    options_.connection.transport = std::move(transport);
  }
  void cancel_calls() noexcept { cancelled_ = true; }

 private:
  // When they return, the attempt has been destroyed, and the race may have been.
  void won(std::size_t number, Fd socket) override;
  void lost(std::size_t number, int error, const char* call) override;
  void race(std::vector<Address> addresses);
  void on_found(std::error_code error, std::vector<Address> addresses);
  void end_lookup() noexcept;
  void attempt_next();
  void on_deadline();
  void stop() noexcept;
  void fill_in(int error) noexcept;
  void fail();
  [[nodiscard]] int open_connection(std::size_t number, Fd socket);

  Connector* owner_;
  Loop& loop_;
  ConnectorOptions options_;
  Failed failed_;
  Resolver* resolver_ = nullptr;  // during a lookup
  LookupId lookup_;
  ConnectError error_;     // in the order of the attempts; an entry without an error is undecided
  std::size_t begun_ = 0;  // the number of attempts that have begun
  std::size_t decided_ = 0;
  bool cancelled_ = false;  // by a function that it calls
  std::vector<std::unique_ptr<ConnectAttempt>> attempts_;
  Timer next_;
  Timer deadline_;
};

Connector::Race::Race(Connector& owner, std::vector<Address> addresses, Failed failed)
    : owner_(&owner),
      loop_(owner.loop_),
      options_(owner.options_),
      failed_(std::move(failed)),
      next_(loop_, [this] { attempt_next(); }),
      deadline_(loop_, [this] { on_deadline(); }) {
  race(std::move(addresses));
}

void Connector::Race::race(std::vector<Address> addresses) {
  if (options_.order == ConnectOrder::ipv6_first) addresses = interleaved(addresses);
  error_.failures.reserve(addresses.size());
  for (const Address& address : addresses) {
    error_.failures.push_back({address, std::error_code(), "connect"});
  }
}

void Connector::Race::begin() {
  if (options_.timeout.count() > 0) deadline_.start(options_.timeout);
  next_.start(milliseconds(0));
}

void Connector::Race::look_up(Resolver& resolver, const ConnectTarget& target) {
  if (options_.timeout.count() > 0) deadline_.start(options_.timeout);
  error_.host = target.host;
  lookup_ = resolver.addresses(target.host, target.port, AF_UNSPEC,
                               [this](std::error_code error, std::vector<Address> addresses) {
                                 on_found(error, std::move(addresses));
                               });
  resolver_ = &resolver;
}

void Connector::Race::on_found(std::error_code error, std::vector<Address> addresses) {
  resolver_ = nullptr;
  error_.look_up = error;
  if (error) return fail();
  race(std::move(addresses));
  next_.start(milliseconds(0));
}

void Connector::Race::end_lookup() noexcept {
  if (resolver_ != nullptr) std::exchange(resolver_, nullptr)->cancel(lookup_);
}

void Connector::Race::attempt_next() {
  if (begun_ == error_.failures.size()) return fail();  // there was no address
  const std::size_t number = begun_++;
  if (begun_ < error_.failures.size()) {
    next_.start(std::max(options_.attempt_delay, ConnectorOptions::kMinAttemptDelay));
  }
  try {
    ConnectJudge& judge = *this;
    const Address& to = error_.failures[number].address;
    attempts_.push_back(std::make_unique<ConnectAttempt>(loop_, judge, number, to, options_.from));
    attempts_.back()->begin(options_.address_timeout);
  } catch (const std::bad_alloc&) {
    lost(number, ENOMEM, "socket");
  }
}

void Connector::Race::lost(std::size_t number, int error, const char* call) {
  error_.failures[number].error = code_of(error);
  error_.failures[number].call = call;
  ++decided_;
  std::erase_if(attempts_, [number](const auto& attempt) { return attempt->number() == number; });
  if (decided_ == error_.failures.size()) return fail();
  // If the most recent attempt fails, the next one begins at once. If an earlier one fails, the
  // most recent one keeps its head start.
  if (number + 1 == begun_ && begun_ < error_.failures.size()) next_.start(milliseconds(0));
}

void Connector::Race::on_deadline() {
  for (const auto& attempt : attempts_) {
    const int error = attempt->outcome();
    if (error == 0) return won(attempt->number(), attempt->take_socket());
    error_.failures[attempt->number()].error = code_of(error == EINPROGRESS ? ETIMEDOUT : error);
  }
  error_.timed_out = true;
  if (resolver_ != nullptr) error_.look_up = ResolverError::timed_out;
  fail();
}

void Connector::Race::stop() noexcept {
  end_lookup();
  attempts_.clear();
  next_.stop();
  deadline_.stop();
}

void Connector::Race::fill_in(int error) noexcept {
  for (ConnectFailure& failure : error_.failures) {
    if (!failure.error) failure.error = code_of(error);
  }
}

// After this move the connector may start another race, or be destroyed.
void Connector::Race::fail() {
  const std::unique_ptr<Race> self = std::move(owner_->race_);
  stop();
  fill_in(ECANCELED);
  LoopInternals::guarded(loop_, "connect", [this] { failed_(error_); });
}

void Connector::Race::won(std::size_t number, Fd socket) {
  const std::unique_ptr<Race> self = std::move(owner_->race_);
  stop();
  if (connected) {
    LoopInternals::guarded(loop_, "connect", [&] { connected(std::move(socket)); });
    return;
  }
  owner_->finishing_ = this;
  const int error = open_connection(number, std::move(socket));
  if (cancelled_) return;
  owner_->finishing_ = nullptr;
  if (error == 0) return;
  error_.failures[number].error = code_of(error);
  fill_in(ECANCELED);
  LoopInternals::guarded(loop_, "connect", [this] { failed_(error_); });
}

int Connector::Race::open_connection(std::size_t number, Fd socket) {
  ProtocolRef protocol = nullptr;
  LoopInternals::guarded(loop_, "connect",
                         [&] { protocol = factory(error_.failures[number].address); });
  if (!protocol || cancelled_) return ECANCELED;
  int error = ECANCELED;  // also if a TransportFactory throws, which the loop reports
  LoopInternals::guarded(loop_, "connect", [&] {
    try {
      Connection::adopt(loop_, std::move(socket), std::move(protocol), options_.connection);
      error = 0;
    } catch (const std::system_error& failure) {
      if (failure.code().category() != std::generic_category()) throw;
      error = failure.code().value();
    } catch (const std::bad_alloc&) {
      error = ENOMEM;
    }
  });
  return error;
}

std::string ConnectError::message() const {
  if (look_up) return host + ": " + look_up.message();
  std::string text;
  for (const ConnectFailure& failure : failures) {
    if (!text.empty()) text += "; ";
    text += failure.address.to_string() + ": ";
    if (failure.call != "connect") text.append(failure.call).append(": ");
    text += failure.error.message();
  }
  return text.empty() ? "no address" : text;
}

Connector::Connector(Loop& loop, const ConnectorOptions& options)
    : loop_(loop), options_(options) {}

Connector::~Connector() { cancel(); }

void Connector::start(std::vector<Address> addresses, ProtocolFactory factory, Failed failed) {
  assert(factory && failed);
  auto race = std::make_unique<Race>(*this, std::move(addresses), std::move(failed));
  race->factory = std::move(factory);
  begin(std::move(race));
}

void Connector::start_socket(std::vector<Address> addresses, Connected connected, Failed failed) {
  assert(connected && failed);
  auto race = std::make_unique<Race>(*this, std::move(addresses), std::move(failed));
  race->connected = std::move(connected);
  begin(std::move(race));
}

void Connector::connect_to(std::string_view target, ProtocolFactory factory, Failed failed) {
  connect_to(ConnectTarget::read(target), std::move(factory), std::move(failed));
}

void Connector::connect_to(std::string_view host, std::string_view service, ProtocolFactory factory,
                           Failed failed) {
  connect_to(ConnectTarget::of_service(host, service), std::move(factory), std::move(failed));
}

void Connector::connect_to(const ConnectTarget& target, ProtocolFactory factory, Failed failed) {
  assert(factory && failed);
  LoopInternals::assert_thread(loop_);
  std::vector<Address> addresses;
  if (target.address) addresses.push_back(*target.address);
  auto race = std::make_unique<Race>(*this, std::move(addresses), std::move(failed));
  race->factory = std::move(factory);
  if (target.is_tls) {
    if (!options_.tls) {
      throw std::invalid_argument("cannot connect to " + quote(target.host) +
                                  " with TLS: ConnectorOptions::tls is empty");
    }
    race->use_transport(options_.tls(target.host));
  }
  if (target.address) return begin(std::move(race));
  race->look_up(resolver(), target);
  cancel();
  race_ = std::move(race);
}

Resolver& Connector::resolver() {
  if (options_.resolver != nullptr) return *options_.resolver;
  if (own_resolver_ == nullptr) own_resolver_ = std::make_unique<Resolver>(loop_);
  return *own_resolver_;
}

void Connector::begin(std::unique_ptr<Race> race) {
  LoopInternals::assert_thread(loop_);
  race->begin();
  cancel();
  race_ = std::move(race);
}

void Connector::cancel() noexcept {
  LoopInternals::assert_thread(loop_);
  if (finishing_ != nullptr) std::exchange(finishing_, nullptr)->cancel_calls();
  race_.reset();
}

}  // namespace sluice
