#include "host_namer.h"

#include <utility>

#include "../../reactor/base/text/quote.h"

namespace sluice::tools::scan {

HostNamer::HostNamer(Resolver* resolver, std::function<void(const HostReport&)> out)
    : resolver_(resolver), out_(std::move(out)) {}

HostNamer::~HostNamer() {
  for (const Waiting& each : waiting_) {
    if (each.asked && !each.ready) resolver_->cancel(each.lookup);
  }
}

void HostNamer::add(HostReport host) {
  waiting_.push_back({std::move(host), next_++, {}, false, resolver_ == nullptr});
  ask();
  hand_on();
}

void HostNamer::ask() {
  while (resolver_ != nullptr && under_way_ < kAtOnce && to_ask_ < waiting_.size()) {
    Waiting& each = waiting_[to_ask_++];
    // The user gave a name, and knows the host by it.
    if (!each.host.name.empty()) {
      each.ready = true;
      continue;
    }
    ++under_way_;
    each.asked = true;
    const std::uint64_t number = each.number;
    each.lookup = resolver_->names(
        each.host.address, [this, number](std::error_code, const std::vector<std::string>& names) {
          on_name(number, names);
        });
  }
}

void HostNamer::on_name(std::uint64_t number, const std::vector<std::string>& names) {
  Waiting& each = waiting_[static_cast<std::size_t>(number - waiting_.front().number)];
  if (!names.empty()) each.host.reverse_name = escape(names.front(), kMaxQuoted);
  each.ready = true;
  --under_way_;
  ask();
  hand_on();
}

void HostNamer::hand_on() {
  while (!waiting_.empty() && waiting_.front().ready) {
    const HostReport host = std::move(waiting_.front().host);
    waiting_.pop_front();
    if (to_ask_ > 0) --to_ask_;
    out_(host);
  }
}

void HostNamer::finish() {
  for (Waiting& each : waiting_) {
    if (each.asked && !each.ready) resolver_->cancel(each.lookup);
    each.ready = true;
  }
  under_way_ = 0;
  hand_on();
}

std::vector<std::uint64_t> HostNamer::held() const {
  std::vector<std::uint64_t> positions;
  for (const Waiting& each : waiting_) {
    for (const OpenPort& port : each.host.open) positions.push_back(port.position);
  }
  return positions;
}

}  // namespace sluice::tools::scan
