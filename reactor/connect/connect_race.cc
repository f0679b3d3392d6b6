#include "connect_race.h"

#include <algorithm>
#include <cerrno>
#include <new>

#include "../loop/loop_internals.h"
#include "../stream/connection.h"
#include "connect_order.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

std::error_code code_of(int error) { return {error, std::generic_category()}; }

}  // namespace

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

void Connector::Race::look_up(Resolver* resolver, const ConnectTarget& target) {
  if (options_.timeout.count() > 0) deadline_.start(options_.timeout);
  error_.host = target.host;
  if (resolver == nullptr) {
    port_ = target.port;
    asks_program_ = true;
    return next_.start(milliseconds(0));
  }
  lookup_ = resolver->addresses(target.host, target.port, AF_UNSPEC,
                                [this](std::error_code error, std::vector<Address> addresses) {
                                  on_found(error, std::move(addresses));
                                });
  resolver_ = resolver;
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

// The replacement of the program. False if it has failed; then the race is over.
bool Connector::Race::look_up_by_program() {
  std::error_code error = ResolverError::server_failed;  // if it throws, which the loop reports
  std::vector<Address> addresses;
  LoopInternals::guarded(loop_, "connect", [&] {
    addresses = options_.look_up(error_.host, port_);
    error = addresses.empty() ? ResolverError::not_found : std::error_code();
  });
  error_.look_up = error;
  if (error) return fail(), false;
  race(std::move(addresses));
  return true;
}

void Connector::Race::attempt_next() {
  if (asks_program_) {
    asks_program_ = false;
    if (!look_up_by_program()) return;
  }
  if (begun_ == error_.failures.size()) return fail();  // there was no address
  const std::size_t number = begun_++;
  if (begun_ < error_.failures.size()) {
    next_.start(std::max(options_.attempt_delay, ConnectorOptions::kMinAttemptDelay));
  }
  if (options_.dial) return dial(number);
  try {
    ConnectJudge& judge = *this;
    const Address& to = error_.failures[number].address;
    attempts_.push_back(std::make_unique<ConnectAttempt>(loop_, judge, number, to, options_.from));
    attempts_.back()->begin(options_.address_timeout);
  } catch (const std::bad_alloc&) {
    lost(number, ENOMEM, "socket");
  }
}

// The replacement of the program: what it returns is as good as connected.
void Connector::Race::dial(std::size_t number) {
  Fd socket;
  int error = ECANCELED;  // also if it throws something else, which the loop reports
  LoopInternals::guarded(loop_, "connect", [&] {
    try {
      socket = options_.dial(error_.failures[number].address);
    } catch (const std::system_error& failure) {
      if (failure.code().category() != std::generic_category()) throw;
      error = failure.code().value();
    }
  });
  socket ? won(number, std::move(socket)) : lost(number, error, "connect");
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

}  // namespace sluice
