// What a house publishes, its lease, and whether the bus is reachable. redis_bus_reading.cc has
// what it receives.
#include "redis_bus.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "bus_record.h"

namespace sluice {
namespace {

std::string random_name() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr int kSize = 16;
  std::random_device random;
  std::string name;
  for (int i = 0; i < kSize; ++i) name += kDigits[random() % kDigits.size()];
  return name;
}

}  // namespace

RedisBus::RedisBus(Loop& loop, RedisBusOptions options)
    : loop_(loop),
      options_(std::move(options)),
      prefix_("sluice:{" + options_.name + "}:"),
      house_(random_name()),
      end_of_turn_(loop, [this] { end_turn(); }),
      watch_(loop, [this] { watch(); }),
      renewal_(loop,
               [this] {
                 if (!writer_.is_up()) return;
                 renew_lease();
                 ask_for_leases();
               }),
      retry_writing_(loop, [this] { send_batch(); }),
      retry_reading_(loop,
                     [this] {
                       if (reader_.is_up()) reader_up();
                     }),
      writer_(loop, options_.server,
              {[this] { writer_up(); }, [this](const std::string& why) { link_down(why); }}),
      reader_(loop, options_.server,
              {[this] { reader_up(); }, [this](const std::string& why) { link_down(why); }}) {
  trouble_since_ = loop.now();
  watch_.start(kPatience);
}

// What was published in this turn is sent, and the lease is given back, as well as that can be done
// without waiting: otherwise the lease runs out.
RedisBus::~RedisBus() {
  if (!writer_.is_up()) return;
  while (next_ <= last_) {
    const std::uint64_t first = next_;
    add(first, take_batch(), {});
  }
  writer_.send(std::array<std::string_view, 2>{"DEL", key("lease:") + house_}, {});
}

// --- Publishing ---

std::uint64_t RedisBus::publish(std::string_view body) {
  if (waiting_.empty()) waits_since_ = loop_.now();
  waiting_.push_back({last_ + 1, std::string(body), loop_.now()});
  ++last_;
  waiting_bytes_ += body.size();
  while (waiting_.size() > kMaxWaiting ||
         (waiting_bytes_ > kMaxWaitingBytes && waiting_.size() > 1)) {
    drop_front();
  }
  end_of_turn_.request();
  if (!watch_.running()) watch_.start(kPatience);
  return last_;
}

void RedisBus::end_turn() {
  send_batch();
  if (owes_read_ && !paused_) read();
}

// Messages that come back late because of a pause are not late: their time begins again.
void RedisBus::set_paused(bool paused) noexcept {
  if (paused_ && !paused) {
    for (Waiting& each : waiting_) each.since = loop_.now();
    waits_since_ = loop_.now();
    end_of_turn_.request();
  }
  paused_ = paused;
}

void RedisBus::drop_front() noexcept {
  next_ = std::max(next_, waiting_.front().number + 1);
  waiting_bytes_ -= waiting_.front().body.size();
  waiting_.pop_front();
}

void RedisBus::send_batch() {
  if (!writer_.is_up() || adding_ || retry_writing_.running() || next_ > last_) return;
  const std::uint64_t first = next_;
  const std::string batch = take_batch();
  adding_ = true;
  add(first, batch, [this, first](const RedisValue& value) {
    adding_ = false;
    if (value.is_error()) {
      // All of them again, and nothing after them before that: the order is that of the numbers.
      next_ = waiting_.empty() ? next_ : std::max(first, waiting_.front().number);
      refused("XADD", value);
      retry_writing_.start(kRetry);
      return;
    }
    send_batch();
  });
}

std::string RedisBus::take_batch() {
  std::string batch;
  for (; next_ <= last_ && batch.size() < kMaxBatch; ++next_) {
    append_bus_field(batch, waiting_[next_ - waiting_.front().number].body);
  }
  return batch;
}

void RedisBus::add(std::uint64_t first, std::string_view batch, RedisLink::Answer answer) {
  const std::string stream = key("events");
  const std::string number = std::to_string(first);
  const std::string max = std::to_string(options_.max_entries);
  writer_.send(std::array<std::string_view, 12>{"XADD", stream, "MAXLEN", "~", max, "*", "h",
                                                house_, "n", number, "b", batch},
               std::move(answer));
}

void RedisBus::writer_up() {
  adding_ = false;
  retry_writing_.stop();
  if (!waiting_.empty()) next_ = waiting_.front().number;
  for (auto& [name, house] : houses_) house.misses = 0;
  renew_lease();
  send_batch();
  check();
}

// --- Leases ---

void RedisBus::renew_lease() {
  renewal_.start(kRenew);
  const std::string own = key("lease:") + house_;
  const std::string time = std::to_string(kLease.count());
  writer_.send(std::array<std::string_view, 5>{"SET", own, "1", "PX", time},
               [this](const RedisValue& value) {
                 lease_refused_ = value.is_error();
                 if (lease_refused_) refused("SET", value);
                 check();
               });
}

void RedisBus::ask_for_leases() {
  std::vector<std::string> names;
  std::vector<std::string> keys;
  for (const auto& [name, house] : houses_) {
    if (house.gone) continue;
    names.push_back(name);
    keys.push_back(key("lease:") + name);
  }
  if (names.empty()) return;
  std::vector<std::string_view> words = {"MGET"};
  words.insert(words.end(), keys.begin(), keys.end());
  writer_.send(words, [this, names = std::move(names)](const RedisValue& value) {
    check_leases(names, value);
  });
}

void RedisBus::check_leases(const std::vector<std::string>& names, const RedisValue& value) {
  if (value.is_error()) return refused("MGET", value);
  for (std::size_t i = 0; i < names.size() && i < value.list.size(); ++i) {
    const auto found = houses_.find(names[i]);
    if (found == houses_.end()) continue;
    House& house = found->second;
    house.misses = value.list[i].is_nothing() ? house.misses + 1 : 0;
    if (house.misses < kMisses) continue;
    house.gone = true;
    if (listener_ != nullptr) listener_->on_house_gone(names[i]);
  }
}

// --- Whether it is reachable ---

void RedisBus::link_down(const std::string& why) {
  caught_up_ = caught_up_ && reader_.is_up();
  log_fault(why);
  check();
}

void RedisBus::refused(std::string_view command, const RedisValue& error) {
  log_fault(std::string(command) + " was refused: " + error.text);
}

// The same fault is logged once, until the bus is reachable again.
void RedisBus::log_fault(const std::string& why) {
  if (last_fault_ == why) return;
  last_fault_ = why;
  if (options_.log) options_.log(true, options_.where + ": " + why);
}

void RedisBus::watch() {
  check();
  send_again();
  if (!waiting_.empty() || reachable_ != true) watch_.start(kPatience / 4);
}

// A server that was emptied meanwhile has lost what it had accepted.
void RedisBus::send_again() {
  const TimePoint now = loop_.now();
  if (!works() || adding_ || waiting_.empty() || paused_) return;
  if (now - waiting_.front().since < 2 * kPatience || now - sent_again_ < 2 * kPatience) return;
  sent_again_ = now;
  next_ = waiting_.front().number;
  send_batch();
}

void RedisBus::check() {
  const TimePoint now = loop_.now();
  if (works()) {
    trouble_since_.reset();
    if (waiting_.empty()) last_fault_.clear();
  } else if (!trouble_since_) {
    trouble_since_ = now;
  }
  const bool is_awaited = !waiting_.empty() && !paused_;
  const auto waits = is_awaited ? now - waits_since_ : TimePoint::duration(0);
  const bool is_late = waits >= kPatience || (trouble_since_ && now - *trouble_since_ >= kPatience);
  if (reachable_ != false && is_late) {
    if (last_fault_.empty()) log_fault("a message has not come back for a second");
    reachable_ = false;
    if (listener_ != nullptr) listener_->on_reachable(false);
  } else if (reachable_ != true && works() && waits < kPatience / 2) {
    reachable_ = true;
    last_fault_.clear();
    if (options_.log) options_.log(false, options_.where + ": reachable");
    if (listener_ != nullptr) listener_->on_reachable(true);
  }
  if (!watch_.running() && (!waiting_.empty() || reachable_ != true || trouble_since_)) {
    watch_.start(kPatience);
  }
}

}  // namespace sluice
