#include "broadcast_bridge.h"

namespace sluice {

BroadcastBridge::BroadcastBridge(Bus* bus) : bus_(bus) {
  if (bus_ != nullptr) bus_->set_listener(this);
}

BroadcastBridge::~BroadcastBridge() {
  if (bus_ != nullptr) bus_->set_listener(nullptr);
}

void BroadcastBridge::add(Broadcast& broadcast) {
  all_.push_back(&broadcast);
  broadcast.set_published([this, &broadcast](std::string_view text) {
    for (Broadcast* const other : all_) {
      if (other != &broadcast) other->publish_of_other(text);
    }
    if (bus_ != nullptr) bus_->publish(text);
  });
}

void BroadcastBridge::remove(Broadcast& broadcast) noexcept {
  broadcast.set_published({});
  std::erase(all_, &broadcast);
}

void BroadcastBridge::on_message(const BusMessage& message) {
  if (message.own || message.is_old) return;
  for (Broadcast* const each : all_) each->publish_of_other(message.body);
}

}  // namespace sluice
