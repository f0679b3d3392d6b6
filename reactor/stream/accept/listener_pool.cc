// A listener whose connections are in several loops: see ListenerOptions::pool.
#include <cassert>
#include <utility>

#include "listener_impl.h"

namespace sluice {

void Listener::Impl::make_spread(const Listener& face) {
  assert(&loop() == &options_.pool->first() && "a pool's listener is on its first loop");
  spread_ = std::make_unique<ListenerSpread>(ListenerSpread::Host{
      .listener = face,
      .options = options_,
      .factory = factory_,
      .open = handed_,
      .gone = [this](const Address& peer) { limits_.remove(peer); },
      .returned = [this](Newcomers newcomers) { welcome_back(std::move(newcomers)); }});
  group_.on_moved = [this](Fd socket, const Connection& moved, std::uint32_t to) {
    spread_->move({std::move(socket), moved.socket_peer(), to});
  };
}

// Those that a stalled loop has not taken, and those that are moved. The limits have counted them
// already. After close() they are served too, as those that the listener's own loop has accepted.
void Listener::Impl::welcome_back(Newcomers newcomers) noexcept {
  calling_ = true;
  for (Newcomer& each : newcomers) {
    bool is_placed = false;
    const bool may_place = group_.listener != nullptr && !draining();  // a factory may change it
    const bool returned =
        LoopInternals::guarded(loop(), "accept", [&] { is_placed = may_place && place(each); });
    if (is_placed) continue;
    limits_.remove(each.peer);
    count_refused(group_, returned ? Refusal::not_admitted : Refusal::failed);
  }
  calling_ = false;
  if (orphaned_) delete this;
}

const ListenerCounters& Listener::Impl::counters() const noexcept {
  if (!spread_) return group_.total();
  sum_ = group_.total();
  spread_->add_counters(sum_);
  return sum_;
}

}  // namespace sluice
