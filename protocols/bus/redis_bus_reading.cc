// What a house receives. redis_bus.cc has what it publishes.
#include <algorithm>
#include <array>
#include <charconv>

#include "bus_record.h"
#include "redis_bus.h"

namespace sluice {
namespace {

constexpr std::string_view kStart = "0-0";
constexpr std::size_t kEntryParts = 2;  // the id and the fields

std::uint64_t number_of(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

// An id is the milliseconds of the server's clock, '-' and a number.
BusTime time_of(std::string_view id) noexcept {
  const std::uint64_t milliseconds = number_of(id.substr(0, id.find('-')));
  return BusTime(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

// The number of an id counts the entries of one millisecond. A batch has fewer messages than
// kMaxBatch, because each has a byte or more.
std::uint64_t place_of(std::string_view id, std::uint64_t index) noexcept {
  const std::size_t hyphen = id.find('-');
  const std::uint64_t entry = hyphen == id.npos ? 0 : number_of(id.substr(hyphen + 1));
  return entry * RedisBus::kMaxBatch + index + 1;
}

std::string_view field(const std::vector<RedisValue>& fields, std::string_view name) noexcept {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == name) return fields[i + 1].text;
  }
  return {};
}

}  // namespace

void RedisBus::reader_up() {
  caught_up_ = false;
  retry_reading_.stop();
  const std::string epoch = key("epoch");
  const std::string fresh = house_ + '-' + std::to_string(loop_.now().time_since_epoch().count());
  // A read-only replica rejects this. GET still returns the epoch that its primary has set.
  reader_.send(std::array<std::string_view, 4>{"SET", epoch, fresh, "NX"},
               [this](const RedisValue& value) {
                 if (value.is_error()) refused("SET", value);
               });
  reader_.send(std::array<std::string_view, 2>{"GET", epoch},
               [this](const RedisValue& value) { begin_epoch(value); });
}

void RedisBus::begin_epoch(const RedisValue& value) {
  if (value.kind != RedisValue::Kind::text) {
    if (value.is_error()) refused("GET", value);
    return retry_reading_.start(kRetry);
  }
  const bool is_other = epoch_ && *epoch_ != value.text;
  epoch_ = value.text;
  if (position_.empty()) return read_history();
  if (is_other) {
    position_ = kStart;
    if (options_.log) options_.log(false, options_.where + ": the server has come back empty");
  }
  read();
}

// A new house reads the end of the stream for its history, and goes on from there.
void RedisBus::read_history() {
  const std::string stream = key("events");
  const std::string count = std::to_string(std::max<std::size_t>(options_.history, 1));
  reader_.send(std::array<std::string_view, 6>{"XREVRANGE", stream, "+", "-", "COUNT", count},
               [this](const RedisValue& value) {
                 if (value.kind != RedisValue::Kind::list) {
                   if (value.is_error()) refused("XREVRANGE", value);
                   return retry_reading_.start(kRetry);
                 }
                 position_ = kStart;
                 for (auto entry = value.list.rbegin(); entry != value.list.rend(); ++entry) {
                   read_entry(*entry, true);
                 }
                 read();
               });
}

// Without BLOCK until everything that was there has been read.
void RedisBus::read() {
  owes_read_ = paused_;
  if (paused_) return;
  const std::string stream = key("events");
  const std::string count = std::to_string(kPage);
  const std::string block = std::to_string(kBlock.count());
  std::vector<std::string_view> words = {"XREAD", "COUNT", count};
  if (caught_up_) words.insert(words.end(), {"BLOCK", block});
  words.insert(words.end(), {"STREAMS", stream, position_});
  reader_.send(words, [this](const RedisValue& value) { read_page(value); });
}

void RedisBus::read_page(const RedisValue& value) {
  if (value.is_error()) {
    caught_up_ = false;
    refused("XREAD", value);
    retry_reading_.start(kRetry);
    return check();
  }
  std::size_t entries = 0;
  for (const RedisValue& stream : value.list) {
    if (stream.list.size() != kEntryParts) continue;
    for (const RedisValue& entry : stream.list[1].list) read_entry(entry, false);
    entries += stream.list[1].list.size();
  }
  const bool was_caught_up = caught_up_;
  if (entries < kPage) caught_up_ = true;
  read();
  if (!was_caught_up || reachable_ != true) check();
}

// An entry that is not of a house is skipped.
void RedisBus::read_entry(const RedisValue& entry, bool is_old) {
  if (entry.list.size() != kEntryParts) return;
  position_ = entry.list[0].text;
  const std::vector<RedisValue>& fields = entry.list[1].list;
  std::string_view batch = field(fields, "b");
  std::uint64_t number = number_of(field(fields, "n"));
  const std::string_view house = field(fields, "h");
  if (number == 0 || house.empty()) return;
  for (std::uint64_t index = 0; const auto body = take_bus_field(batch); ++index) {
    receive({.house = house,
             .number = number++,
             .time = time_of(position_),
             .place = place_of(position_, index),
             .body = *body,
             .own = house == house_,
             .is_old = is_old});
  }
}

void RedisBus::receive(BusMessage message) {
  if (!is_new(message) || listener_ == nullptr) return;
  listener_->on_message(message);
}

bool RedisBus::is_new(const BusMessage& message) {
  if (message.own) {
    while (!waiting_.empty() && waiting_.front().number <= message.number) drop_front();
    if (!waiting_.empty()) waits_since_ = waiting_.front().since;
    if (message.number <= read_back_) return false;
    read_back_ = message.number;
    return true;
  }
  House* const house = find_house(message.house, message.number);
  if (house == nullptr || message.number <= house->last) return false;
  const std::uint64_t lost = message.number - house->last - 1;
  house->last = message.number;
  house->misses = 0;
  house->gone = false;
  if (lost != 0 && !message.is_old) {
    if (options_.log) {
      options_.log(
          true, options_.where + ": messages of another house are lost: " + std::to_string(lost));
    }
    if (listener_ != nullptr) listener_->on_gap(message.house, lost);
  }
  return true;
}

// A house that was not known begins with this message. Null: there are too many.
RedisBus::House* RedisBus::find_house(std::string_view name, std::uint64_t number) {
  const auto found = houses_.find(name);
  if (found != houses_.end()) return &found->second;
  if (houses_.size() >= kMaxHouses) {
    const auto gone =
        std::ranges::find_if(houses_, [](const auto& each) { return each.second.gone; });
    if (gone == houses_.end()) {
      log_fault("more than " + std::to_string(kMaxHouses) + " houses");
      return nullptr;
    }
    houses_.erase(gone);
  }
  return &houses_.emplace(name, House{.last = number - 1}).first->second;
}

}  // namespace sluice
