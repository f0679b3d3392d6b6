#include "local_bus.h"

#include <utility>

namespace sluice {

// A message that a listener publishes meanwhile is delivered in the same turn, after the others.
void LocalBusHub::deliver() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  while (!waiting_.empty()) {
    const Message message = std::move(waiting_.front());
    waiting_.pop_front();
    const std::uint64_t place = ++delivered_;
    for (const LocalBus* bus : std::vector<LocalBus*>(buses_)) {
      if (bus->listener_ == nullptr) continue;
      bus->listener_->on_message({.house = message.house,
                                  .number = message.number,
                                  .time = now,
                                  .place = place,
                                  .body = message.body,
                                  .own = bus->house_ == message.house});
    }
  }
}

LocalBus::LocalBus(LocalBusHub& hub, std::string house) : hub_(hub), house_(std::move(house)) {
  hub_.buses_.push_back(this);
}

LocalBus::~LocalBus() {
  std::erase(hub_.buses_, this);
  for (const LocalBus* bus : hub_.buses_) {
    if (bus->listener_ != nullptr) bus->listener_->on_house_gone(house_);
  }
}

void LocalBus::set_listener(BusListener* listener) {
  listener_ = listener;
  if (listener_ != nullptr) listener_->on_reachable(true);
}

std::uint64_t LocalBus::publish(std::string_view body) {
  hub_.waiting_.push_back({house_, last_ + 1, std::string(body)});
  hub_.end_of_turn_.request();
  return ++last_;
}

}  // namespace sluice
