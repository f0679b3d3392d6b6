#include "listener_spread.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "../../loop/loop_internals.h"
#include "../connection_table.h"

namespace sluice {

ListenerSpread::ListenerSpread(const Host& host)
    : pool_(*host.options.pool),
      open_(host.open),
      gone_(host.gone),
      returned_(host.returned),
      check_(pool_.first(), [this] { check(); }),
      moves_(pool_.first(), [this] {
        count_moved(-moved_.size());
        pass_on(std::exchange(moved_, {}));
      }) {
  const auto gone = [this](Newcomer newcomer) {
    --open_;
    newcomer.socket ? move(std::move(newcomer)) : gone_(newcomer.peer);
  };
  const auto& factory_for = host.options.factory_for;
  for (std::size_t i = 1; i < pool_.size(); ++i) {
    Loop& loop = pool_.loop(i);
    outposts_.push_back(std::make_shared<ListenerOutpost>(
        host.listener, pool_.first(), loop, pool_.handed_[i], host.options,
        factory_for ? factory_for(loop) : host.factory, gone));
  }
}

ListenerSpread::~ListenerSpread() {
  count_moved(-moved_.size());
  for (const auto& outpost : outposts_) outpost->leave();
}

bool ListenerSpread::has_room() const noexcept {
  return pool_.running_ && std::any_of(outposts_.begin(), outposts_.end(),
                                       [](const auto& outpost) { return !outpost->is_full(); });
}

// The loop with the fewest connections, of those that are not full. Of equal ones, each in turn.
std::size_t ListenerSpread::choose() const noexcept {
  const std::size_t count = pool_.size();
  std::size_t best = 0;
  auto least = static_cast<std::size_t>(-1);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = (pool_.next_ + k) % count;
    const bool is_full = i == 0 ? ConnectionTable::of(pool_.first()).memory().is_passed()
                                : outposts_[i - 1]->is_full();
    if (is_full) continue;
    const std::size_t load =
        i == 0 ? static_cast<std::size_t>(pool_.first().counters().connections_open)
               : pool_.handed_[i];
    if (load >= least) continue;
    least = load;
    best = i;
  }
  return best;
}

std::size_t ListenerSpread::loop_for(const Newcomer& newcomer) noexcept {
  if (const auto to = newcomer.moved_to; to && *to < pool_.size()) {
    if (*to == 0 || !outposts_[*to - 1]->is_stalled()) return *to;
  }
  const std::size_t loop = choose();
  pool_.next_ = (loop + 1) % pool_.size();
  return loop;
}

bool ListenerSpread::hand_over(Newcomer& newcomer) {
  if (!pool_.running_) return false;  // the other loops have no threads
  const std::size_t loop = loop_for(newcomer);
  if (loop == 0) return false;
  if (!check_.running()) check_.start(kPatience);
  outposts_[loop - 1]->send(newcomer);
  ++open_;
  return true;
}

void ListenerSpread::check() {
  // Without memory for the copy, the next check does everything. The calls at the end may destroy
  // this object.
  check_.start(kPatience);
  const auto outposts = draining_ ? outposts_ : decltype(outposts_)();
  Newcomers back;
  bool is_waiting = false;
  for (const auto& outpost : outposts_) {
    Newcomers some = outpost->check();
    back.splice(back.end(), some);
    is_waiting = is_waiting || outpost->has_waiting();
  }
  open_ -= back.size();
  if (!is_waiting && (!draining_ || open_ == 0)) check_.stop();
  if (!back.empty()) pass_on(std::move(back));
  for (const auto& outpost : outposts) outpost->collect_missed();
}

// Not at once: the connection is being freed, and its next loop may be this one.
void ListenerSpread::move(Newcomer newcomer) noexcept {
  const Address peer = newcomer.peer;
  const bool is_kept = LoopInternals::contained(pool_.first(), "listener", [&] {
    if (!moves_.running()) moves_.start(std::chrono::milliseconds(0));
    moved_.push_back(std::move(newcomer));
  });
  is_kept ? count_moved(1) : gone_(peer);
}

// Between two loops they count, or the limits would admit others in their places.
void ListenerSpread::count_moved(std::size_t change) noexcept {
  open_ += change;
  LoopInternals::handed_over(pool_.first()) += change;
}

void ListenerSpread::pass_on(Newcomers newcomers) {
  const auto returned = returned_;  // it may destroy this object
  returned(std::move(newcomers));
}

void ListenerSpread::add_counters(ListenerCounters& sum) const noexcept {
  for (const auto& outpost : outposts_) outpost->add_counters(sum);
}

// Without memory for the timer, the deadline ends what nobody has said is gone.
void ListenerSpread::begin_drain() noexcept {
  draining_ = true;
  LoopInternals::contained(pool_.first(), "listener", [this] { check_.start(kPatience); });
  for (const auto& outpost : outposts_) outpost->begin_drain();
}

void ListenerSpread::end_drain() noexcept {
  if (!check_.running()) begin_drain();
  for (const auto& outpost : outposts_) outpost->end_drain();
}

}  // namespace sluice
