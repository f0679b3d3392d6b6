#include "newcomer_limits.h"

#include <cassert>

namespace sluice {
namespace {

std::string connections(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " connection" : " connections");
}

}  // namespace

NewcomerLimits::NewcomerLimits(const ListenerOptions& options) : options_(options) {
  assert(options.source_prefix >= 1 && options.source_prefix <= Source::kMaxPrefix);
  if (options.connect_rate_per_source) rates_.emplace();
}

NewcomerLimits::Limit NewcomerLimits::admit(const Address& peer, const Open& open, TimePoint now) {
  if (open.in_loop >= open.loop_limit) return Limit::loop;
  if (open.loop_limit - open.in_loop <= open.promised) return Limit::share;
  if (open.memory_passed) return Limit::memory;
  if (open.here >= options_.max_connections) return Limit::open;
  const bool by_source = peer.is_ip() && (counts_sources() || rates_);
  const Source source = by_source ? source_of(peer) : Source();
  if (by_source && counts_sources() && count(peer) >= options_.max_per_source) {
    return Limit::open_per_source;
  }
  TokenBucket* const rate = by_source && rates_ ? &rates_->at(source) : nullptr;
  if (rate != nullptr && !rate->has(*options_.connect_rate_per_source, now)) {
    return Limit::rate_per_source;
  }
  if (options_.connect_rate && !all_.has(*options_.connect_rate, now)) return Limit::rate;

  if (by_source && counts_sources()) ++counts_[source];
  if (rate != nullptr) (void)rate->take(*options_.connect_rate_per_source, now);
  if (options_.connect_rate) (void)all_.take(*options_.connect_rate, now);
  return Limit::none;
}

void NewcomerLimits::remove(const Address& peer) noexcept {
  if (!peer.is_ip()) return;
  const auto entry = counts_.find(source_of(peer));
  if (entry != counts_.end() && --entry->second == 0) counts_.erase(entry);
}

std::size_t NewcomerLimits::count(const Address& peer) const noexcept {
  const auto entry = counts_.find(source_of(peer));
  return entry == counts_.end() ? 0 : entry->second;
}

std::string NewcomerLimits::describe(Limit limit, const Address& peer, const Open& open) const {
  std::string text = peer.is_ip() ? source_of(peer).to_string() + ": " : std::string();
  switch (limit) {
    case Limit::none:
      break;
    case Limit::loop:
      return text + "the loop's limit of " + connections(open.loop_limit);
    case Limit::share:
      return text + "its share of the loop's limit of " + connections(open.loop_limit);
    case Limit::memory:
      return text + "the loop's limit of " + std::to_string(open.memory_limit) +
             " bytes held by connections";
    case Limit::open:
      return text + "the limit of " + connections(options_.max_connections);
    case Limit::open_per_source:
      return text + "the limit of " + connections(options_.max_per_source) + " from one source";
    case Limit::rate:
      return text + "the limit on the rate of new connections";
    case Limit::rate_per_source:
      return text + "the limit on the rate of new connections from one source";
  }
  return text;
}

}  // namespace sluice
