// Carries messages between the processes that serve one thing together, in one order for all.
//
// What it is: an interface of few functions. Each participant is a house with a random name.
// publish() sends a message to all houses, this one included. Every house receives the messages of
// all houses in the same order, and those of one house in the order of their numbers.
// LocalBus carries them within a process, RedisBus through a stream of Redis.
// Exactly once: a message is received at most once. One that is lost is announced, by on_gap(), to
// each house that misses it.
// Leases: a house that is silent for RedisBus::kLease is reported as gone, once. So what a house
// holds, such as the names of its members, is free again when its machine has died.
// Lifetime: the listener outlives the bus, or is removed by set_listener(nullptr).
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_BUS_BUS_H
#define SLUICE_PROTOCOLS_BUS_BUS_H

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

using BusTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct BusMessage {
  std::string_view house;    // its author
  std::uint64_t number = 0;  // of this message among those of its house: 1, 2, 3, ...
  BusTime time{};            // of the bus, which is the same for all houses
  std::uint64_t place = 0;   // among those of this time, the same for all houses: 1 or more
  std::string_view body;
  bool own = false;     // this house has published it
  bool is_old = false;  // published before this house came: only for the history
};

// Calls into the bus are legal in all of these, except to destroy it.
class BusListener {
 public:
  virtual void on_message(const BusMessage& message) = 0;
  // `lost` messages of `house`, which is another one, will never be received.
  virtual void on_gap(std::string_view house, std::uint64_t lost) = 0;
  // The bus begins to carry messages, or has ceased to. Before the first call it does not.
  virtual void on_reachable(bool reachable) = 0;
  // The house has ended, or has not been reachable for the time of a lease.
  virtual void on_house_gone(std::string_view house) = 0;

 protected:
  ~BusListener() = default;
};

class Bus {
 public:
  Bus() = default;
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  virtual ~Bus() = default;

  virtual void set_listener(BusListener* listener) = 0;
  // Returns the number of the message. It is received later, never before this returns. While the
  // bus is not reachable it waits, and above a bound the oldest one that waits is lost.
  virtual std::uint64_t publish(std::string_view body) = 0;
  [[nodiscard]] virtual bool is_reachable() const noexcept = 0;
  // The listener has no room for more messages, or has room again. While the bus is paused it
  // carries what is published and stays reachable, and brings at most what it has read already,
  // such as the rest of a page.
  virtual void set_paused(bool paused) noexcept = 0;
};

}  // namespace sluice

#endif
