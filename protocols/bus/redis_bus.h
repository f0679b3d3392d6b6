// A bus through a stream of a Redis server.
//
// What it is: the messages of a turn are one XADD, and one XADD is under way at a time, so that the
// numbers of a house grow along the stream. What is published meanwhile goes into the next one. A
// second connection waits in XREAD. A message waits here until this house has read it back from the
// stream, and is sent again if a connection breaks before. An XADD that was done although its
// answer was lost is recognised by its numbers.
// Keys, for a bus with the name NAME:
//   sluice:{NAME}:events        the stream; an entry has the fields h (the house), n (the number of
//                               its first message) and b (the messages, as netstrings)
//   sluice:{NAME}:epoch         a random text; another one shows that the server came back empty
//   sluice:{NAME}:lease:HOUSE   there as long as the house is
// Faults: while the server cannot be reached, refuses a command or takes longer than kPatience, the
// bus is not reachable, and RedisBusOptions::log says why, and how many messages are lost.
// Limits: those of the constants.
// Lifetime: must be destroyed before its loop. Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_BUS_REDIS_BUS_H
#define SLUICE_PROTOCOLS_BUS_REDIS_BUS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "../../reactor/loop/timer.h"
#include "bus.h"
#include "redis_link.h"

namespace sluice {

struct RedisBusOptions {
  RedisServer server;
  std::string name = "main";
  std::string where = "redis";       // the server's name in the log
  std::size_t history = 100;         // old entries of the stream that a new house reads
  std::size_t max_entries = 10'000;  // of the stream, about
  // Gets a line for the operator; `is_fault`: the bus does not work because of that.
  std::function<void(bool is_fault, const std::string& line)> log = {};
};

class RedisBus final : public Bus {
 public:
  // How long a message may take to come back, and a connection may be away, until the bus counts as
  // not reachable.
  static constexpr std::chrono::milliseconds kPatience{1'000};
  static constexpr std::chrono::milliseconds kLease{10'000};
  static constexpr std::chrono::milliseconds kRenew{3'000};
  static constexpr std::chrono::milliseconds kBlock{2'000};  // of an XREAD
  static constexpr std::chrono::milliseconds kRetry{500};    // after a command that was refused
  static constexpr unsigned kMisses = 2;                     // of a lease, until its house is gone
  static constexpr std::size_t kMaxWaiting = 10'000;         // messages that have not come back yet
  static constexpr std::size_t kMaxWaitingBytes = 8 * 1024 * 1024;
  static constexpr std::size_t kMaxBatch = 64 * 1024;  // bytes of one XADD, or one message
  static constexpr std::size_t kMaxHouses = 1'024;
  static constexpr std::size_t kPage = 16;  // entries of one XREAD, each less than 128 KiB

  RedisBus(Loop& loop, RedisBusOptions options);
  ~RedisBus() override;

  void set_listener(BusListener* listener) override { listener_ = listener; }
  std::uint64_t publish(std::string_view body) override;
  [[nodiscard]] bool is_reachable() const noexcept override { return reachable_ == true; }
  void set_paused(bool paused) noexcept override;
  [[nodiscard]] const std::string& house() const noexcept { return house_; }

 private:
  struct Waiting {
    std::uint64_t number;
    std::string body;
    TimePoint since;
  };
  struct House {
    std::uint64_t last = 0;  // the number of its last message
    unsigned misses = 0;
    bool gone = false;
  };

  // redis_bus.cc
  void end_turn();
  void writer_up();
  void link_down(const std::string& why);
  void send_batch();
  [[nodiscard]] std::string take_batch();
  void add(std::uint64_t first, std::string_view batch, RedisLink::Answer answer);
  void drop_front() noexcept;
  void renew_lease();
  void ask_for_leases();
  void check_leases(const std::vector<std::string>& names, const RedisValue& value);
  void refused(std::string_view command, const RedisValue& error);
  void watch();
  void check();
  void send_again();
  void log_fault(const std::string& why);
  [[nodiscard]] bool works() const noexcept {
    return caught_up_ && writer_.is_up() && !lease_refused_;
  }
  [[nodiscard]] std::string key(std::string_view of) const { return prefix_ + std::string(of); }
  // redis_bus_reading.cc
  void reader_up();
  void begin_epoch(const RedisValue& value);
  void read_history();
  void read();
  void read_page(const RedisValue& value);
  void read_entry(const RedisValue& entry, bool is_old);
  void receive(BusMessage message);
  [[nodiscard]] bool is_new(const BusMessage& message);
  [[nodiscard]] House* find_house(std::string_view name, std::uint64_t number);

  Loop& loop_;
  RedisBusOptions options_;
  std::string prefix_;
  std::string house_;
  BusListener* listener_ = nullptr;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  // When the oldest message that has not come back was published, also if it has been lost since.
  // REQUIRES: something waits.
  TimePoint waits_since_{};
  std::uint64_t last_ = 0;       // the number of the last message that was published
  std::uint64_t next_ = 1;       // of the first one that is in no XADD
  std::uint64_t read_back_ = 0;  // of the last one that has come back
  bool adding_ = false;          // an XADD is under way
  bool lease_refused_ = false;
  TimePoint sent_again_{};
  std::map<std::string, House, std::less<>> houses_;
  std::optional<std::string> epoch_;
  std::string position_;  // the id of the last entry that was read; empty: none yet
  bool caught_up_ = false;
  bool paused_ = false;
  bool owes_read_ = false;         // an XREAD that the pause has put off
  std::optional<bool> reachable_;  // as the listener knows it
  std::optional<TimePoint> trouble_since_;
  std::string last_fault_;
  EndOfTurn end_of_turn_;
  Timer watch_;
  Timer renewal_;
  Timer retry_writing_;
  Timer retry_reading_;
  RedisLink writer_;
  RedisLink reader_;
};

}  // namespace sluice

#endif
