#include "relay_bridge.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

namespace sluice {
namespace {

char letter_of(RelayForm form) noexcept {
  if (form == RelayForm::bytes) return 'r';
  return form == RelayForm::text ? 't' : 'b';
}

std::optional<RelayForm> form_of(std::string_view body) noexcept {
  if (body.starts_with('r')) return RelayForm::bytes;
  if (body.starts_with('t')) return RelayForm::text;
  if (body.starts_with('b')) return RelayForm::binary;
  return std::nullopt;
}

std::size_t cost_of(std::string_view body) noexcept { return body.size() + RelayBridge::kOverhead; }

}  // namespace

RelayBridge::RelayBridge(Loop& loop, Relay& relay, Bus& bus)
    : relay_(relay), bus_(bus), room_(loop, [this] { make_room(); }) {
  relay_.set_carrier(this);
  bus_.set_listener(this);
}

RelayBridge::~RelayBridge() {
  bus_.set_listener(nullptr);
  relay_.set_carrier(nullptr);
}

void RelayBridge::carry(const RelayMember& from, RelayForm form, std::span<const std::byte> bytes) {
  do {
    // Only bytes without boundaries are longer.
    const auto part = bytes.first(std::min(bytes.size(), kMaxMessage));
    bytes = bytes.subspan(part.size());
    std::string body(1, letter_of(form));
    body.append(reinterpret_cast<const char*>(part.data()), part.size());
    publish(from, std::move(body));
  } while (!bytes.empty());
}

void RelayBridge::publish(const RelayMember& from, std::string body) {
  if (from.is_draining()) deliver_all_held();  // which may be its own
  if (!bus_.is_reachable() || from.is_draining()) {
    bus_.publish(body);
    return deliver(&from, body);
  }
  held_.push_back({0, std::move(body), &from});
  Held& held = held_.back();
  try {
    held.number = bus_.publish(held.body);
  } catch (const std::bad_alloc&) {
    held_.pop_back();
    throw;
  }
  held_bytes_ += cost_of(held.body);
}

// What the bus has lost is for the peers of this process, nevertheless.
void RelayBridge::on_message(const BusMessage& message) {
  if (!message.own) {
    if (!message.is_old && !relay_.is_draining()) deliver(nullptr, message.body);
    return;
  }
  const bool was_full = is_full();
  while (!held_.empty() && held_.front().number <= message.number) deliver_held();
  if (was_full && !is_full()) relay_.resume();
}

void RelayBridge::on_reachable(bool reachable) {
  if (!reachable) deliver_all_held();
}

void RelayBridge::drain() noexcept { deliver_all_held(); }

void RelayBridge::deliver_all_held() noexcept {
  while (!held_.empty()) deliver_held();
  relay_.resume();
}

void RelayBridge::deliver_held() noexcept {
  const Held held = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= cost_of(held.body);
  deliver(held.from, held.body);
}

void RelayBridge::deliver(const RelayMember* from, std::string_view body) noexcept {
  const auto form = form_of(body);
  if (!form) return;
  if (pending_.empty() && relay_.may_receive()) {
    return relay_.receive(from, *form, std::as_bytes(std::span(body.substr(1))));
  }
  try {
    pending_.push_back({std::string(body), from});
  } catch (const std::bad_alloc&) {
    return relay_.abort_others(from);
  }
  pending_bytes_ += cost_of(body);
  if (pending_bytes_ <= kMaxPending || is_paused_) return;
  is_paused_ = true;
  bus_.set_paused(true);
  make_room();
}

void RelayBridge::make_room() noexcept {
  try {
    room_.start(kGrace);
  } catch (const std::bad_alloc&) {
    // RelayOptions::patience ends the wait.
  }
  relay_.abort_behind(kGrace);
  caught_up();
}

void RelayBridge::caught_up() noexcept {
  while (!pending_.empty() && relay_.may_receive()) {
    const Pending next = std::move(pending_.front());
    pending_.pop_front();
    pending_bytes_ -= cost_of(next.body);
    const std::string_view body = next.body;
    relay_.receive(next.from, *form_of(body), std::as_bytes(std::span(body.substr(1))));
  }
  if (!is_paused_ || pending_bytes_ > kMaxPending / 2) return;
  is_paused_ = false;
  room_.stop();
  bus_.set_paused(false);
}

void RelayBridge::gone(const RelayMember& peer) noexcept {
  for (Held& held : held_) {
    if (held.from == &peer) held.from = nullptr;
  }
  for (Pending& pending : pending_) {
    if (pending.from == &peer) pending.from = nullptr;
  }
}

}  // namespace sluice
