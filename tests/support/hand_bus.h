// A bus that a test carries by hand.
#ifndef SLUICE_TESTS_SUPPORT_HAND_BUS_H
#define SLUICE_TESTS_SUPPORT_HAND_BUS_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/bus/bus.h"

namespace sluice::test {

struct HandStream {
  struct Entry {
    std::string house;
    std::uint64_t number;
    std::string body;
  };
  std::vector<Entry> entries;
};

class HandBus final : public Bus {
 public:
  HandBus(HandStream& stream, std::string name) : stream_(stream), name_(std::move(name)) {}

  void set_listener(BusListener* listener) override { listener_ = listener; }
  std::uint64_t publish(std::string_view body) override {
    waiting_.push_back({name_, ++last_, std::string(body)});
    return last_;
  }
  [[nodiscard]] bool is_reachable() const noexcept override { return reachable_; }

  void set_reachable(bool reachable) {
    reachable_ = reachable;
    listener_->on_reachable(reachable);
  }
  // What it has published is in the stream.
  void send() {
    for (HandStream::Entry& entry : waiting_) stream_.entries.push_back(std::move(entry));
    waiting_.clear();
  }
  void lose() { waiting_.pop_front(); }
  void set_paused(bool paused) noexcept override { paused_ = paused; }
  [[nodiscard]] bool is_paused() const noexcept { return paused_; }

  void read(bool is_old = false) {
    while (read_page(1, is_old)) {
    }
  }
  // Returns whether it has read something, which it does not while it is paused.
  bool read_page(std::size_t entries, bool is_old = false) {
    if (paused_ || position_ == stream_.entries.size()) return false;
    for (; entries != 0 && position_ < stream_.entries.size(); --entries) {
      const HandStream::Entry entry = stream_.entries[position_++];
      // A house that is not known begins with this entry.
      std::uint64_t& last = houses_.try_emplace(entry.house, entry.number - 1).first->second;
      const std::uint64_t lost = entry.number - last - 1;
      last = entry.number;
      if (lost != 0 && entry.house != name_ && !is_old) listener_->on_gap(entry.house, lost);
      listener_->on_message({.house = entry.house,
                             .number = entry.number,
                             .time = {},
                             .place = position_,
                             .body = entry.body,
                             .own = entry.house == name_,
                             .is_old = is_old});
    }
    return true;
  }
  [[nodiscard]] BusListener& listener() const noexcept { return *listener_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  HandStream& stream_;
  std::string name_;
  BusListener* listener_ = nullptr;
  std::deque<HandStream::Entry> waiting_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::uint64_t> houses_;  // the number of the last entry of each
  std::size_t position_ = 0;
  bool reachable_ = false;
  bool paused_ = false;
};

}  // namespace sluice::test

#endif
