// How many connections of the loop's limit are promised to each listener. Only for Listener; not
// installed.
//
// What it is: half of LoopOptions::max_connections is divided equally among the listeners, and is
// each one's own, as far as its own limit lets it use it. The other half goes to any listener, in
// the order in which newcomers connect. So the peers of one listener cannot keep the newcomers of
// another one out.
// Cost: an admission asks each other listener.
// Thread: the loop's. Errors: add() may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_STREAM_FAIR_SHARES_H
#define SLUICE_REACTOR_STREAM_FAIR_SHARES_H

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sluice {

class FairShares {
 public:
  struct Member {
    static constexpr std::size_t kNone = 0;
    const std::size_t& open;            // connections in this loop, now
    std::size_t most;                   // its own limit
    const std::size_t& handed = kNone;  // connections that other loops have
  };

  // REQUIRES: `member` outlives it or is removed.
  void add(const Member& member) { members_.push_back(&member); }
  void remove(const Member& member) noexcept { std::erase(members_, &member); }

  // What each one is promised of a limit of `all`.
  [[nodiscard]] std::size_t share(std::size_t all) const noexcept {
    return members_.empty() ? 0 : all / 2 / members_.size();
  }
  // How many of `all` are promised to the others and not open yet: `member` may not use these.
  [[nodiscard]] std::size_t promised_to_others(const Member& member,
                                               std::size_t all) const noexcept {
    const std::size_t each = share(all);
    std::size_t promised = 0;
    for (const Member* other : members_) {
      if (other == &member) continue;
      const std::size_t most = std::min(each, other->most);
      promised += most - std::min(most, other->open + other->handed);
    }
    return promised;
  }

 private:
  std::vector<const Member*> members_;
};

}  // namespace sluice

#endif
