// A bus within a process: the houses of one LocalBusHub.
//
//   sluice::LocalBusHub hub(loop);
//   sluice::LocalBus first(hub, "a");
//   sluice::LocalBus second(hub, "b");
//
// What it is: messages wait in the hub until the end of the turn, and all houses receive them then.
// It is always reachable and loses nothing. A house that is destroyed is gone at once.
// Lifetime: the hub outlives its buses, and the loop outlives the hub. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_BUS_LOCAL_BUS_H
#define SLUICE_PROTOCOLS_BUS_LOCAL_BUS_H

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "bus.h"

namespace sluice {

class LocalBus;

class LocalBusHub {
 public:
  explicit LocalBusHub(Loop& loop) : end_of_turn_(loop, [this] { deliver(); }) {}

 private:
  friend class LocalBus;
  struct Message {
    std::string house;
    std::uint64_t number;
    std::string body;
  };

  void deliver();

  EndOfTurn end_of_turn_;
  std::deque<Message> waiting_;
  std::vector<LocalBus*> buses_;
  std::uint64_t delivered_ = 0;
};

class LocalBus final : public Bus {
 public:
  LocalBus(LocalBusHub& hub, std::string house);
  ~LocalBus() override;

  void set_listener(BusListener* listener) override;
  std::uint64_t publish(std::string_view body) override;
  [[nodiscard]] bool is_reachable() const noexcept override { return true; }
  void set_paused(bool /*paused*/) noexcept override {}  // what waits is in memory anyway

 private:
  friend class LocalBusHub;

  LocalBusHub& hub_;
  std::string house_;
  std::uint64_t last_ = 0;
  BusListener* listener_ = nullptr;
};

}  // namespace sluice

#endif
