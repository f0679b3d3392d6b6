#include "newcomer_limits.h"

#include <algorithm>
#include <cassert>

namespace sluice {
namespace {

std::string connections(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " connection" : " connections");
}

}  // namespace

ListenerOptions in_range(ListenerOptions options) {
  options.accept_batch = std::max<std::size_t>(options.accept_batch, 1);
  options.source_prefix = std::clamp(options.source_prefix, 1U, Source::kMaxPrefix);
  return options;
}

NewcomerLimits::NewcomerLimits(const ListenerOptions& options) : options_(options) {
  assert(options.source_prefix >= 1 && options.source_prefix <= Source::kMaxPrefix);
  if (options.connect_rate_per_source) rates_.emplace();
}

std::optional<Refusal> NewcomerLimits::admit(const Address& peer, const Open& open, TimePoint now) {
  if (open.in_loop >= open.loop_limit) return Refusal::max_connections;
  if (open.loop_limit - open.in_loop <= open.promised) return Refusal::share;
  if (open.memory_passed) return Refusal::max_memory;
  if (open.here >= options_.max_connections) return Refusal::max_here;
  const bool by_source = peer.is_ip() && (counts_sources() || rates_);
  const Source source = by_source ? source_of(peer) : Source();
  if (by_source && counts_sources() && count(peer) >= options_.max_per_source) {
    return Refusal::max_per_source;
  }
  TokenBucket* const rate = by_source && rates_ ? &rates_->at(source) : nullptr;
  if (rate != nullptr && !rate->has(*options_.connect_rate_per_source, now)) {
    return Refusal::connect_rate_per_source;
  }
  if (options_.connect_rate && !all_.has(*options_.connect_rate, now)) return Refusal::connect_rate;

  if (by_source && counts_sources()) ++counts_[source];
  if (rate != nullptr) (void)rate->take(*options_.connect_rate_per_source, now);
  if (options_.connect_rate) (void)all_.take(*options_.connect_rate, now);
  return std::nullopt;
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

std::string NewcomerLimits::describe(Refusal why, const Address& peer, const Open& open) const {
  std::string text = peer.is_ip() ? source_of(peer).to_string() + ": " : std::string();
  switch (why) {
    case Refusal::max_connections:
      return text + "the loop's limit of " + connections(open.loop_limit);
    case Refusal::share:
      return text + "its share of the loop's limit of " + connections(open.loop_limit);
    case Refusal::max_memory:
      return text + "the loop's limit of " + std::to_string(open.memory_limit) +
             " bytes held by connections";
    case Refusal::max_here:
      return text + "the limit of " + connections(options_.max_connections);
    case Refusal::max_per_source:
      return text + "the limit of " + connections(options_.max_per_source) + " from one source";
    case Refusal::connect_rate:
      return text + "the limit on the rate of new connections";
    case Refusal::connect_rate_per_source:
      return text + "the limit on the rate of new connections from one source";
    default:
      return text;
  }
}

}  // namespace sluice
