#include "connector.h"

#include <cassert>
#include <stdexcept>
#include <utility>

#include "../base/text/quote.h"
#include "../loop/loop_internals.h"
#include "connect_race.h"

namespace sluice {

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
  race->look_up(options_.look_up ? nullptr : &resolver(), target);
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
