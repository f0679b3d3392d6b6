#include "chat_desk.h"

#include <algorithm>
#include <new>
#include <utility>

#include "chat_peer.h"

namespace sluice {

ChatDesk::ChatDesk(Loop& loop, ChatOptions options)
    : loop_(loop),
      options_(std::move(options)),
      end_of_turn_(loop, [this] { end_turn(); }),
      house_(options_.rules, [this] { end_of_turn_.request(); }),
      impatient_(loop, [this] { on_impatient(); }) {}

ChatDesk::~ChatDesk() {
  for (ChatPeer* peer : peers_) peer->detach();
}

void ChatDesk::gone(ChatPeer& peer) noexcept {
  std::erase(peers_, &peer);
  std::erase(waiting_, &peer);
  caught_up(peer);
}

void ChatDesk::fell_behind(ChatPeer& peer) {
  if (options_.patience.count() == 0) return peer.give_up_on();
  try {
    if (!impatient_.running()) impatient_.start(options_.patience);
    behind_.push_back({&peer, later(loop_.now(), options_.patience)});
  } catch (const std::bad_alloc&) {
    return peer.give_up_on();  // a delivery under way must not end here
  }
  peer.set_behind(true);
}

void ChatDesk::caught_up(ChatPeer& peer) noexcept {
  const auto same = [&peer](const Behind& one) { return one.peer == &peer; };
  const auto found = std::ranges::find_if(behind_, same);
  if (found == behind_.end()) return;
  behind_.erase(found);
  peer.set_behind(false);
  let_go_on();
}

void ChatDesk::on_impatient() {
  const TimePoint now = loop_.now();
  std::size_t done = 0;
  for (; done < behind_.size() && behind_[done].until <= now; ++done) {
    behind_[done].peer->set_behind(false);
    behind_[done].peer->give_up_on();
  }
  behind_.erase(behind_.begin(), behind_.begin() + static_cast<std::ptrdiff_t>(done));
  if (!behind_.empty()) {
    impatient_.start(std::chrono::ceil<std::chrono::milliseconds>(behind_.front().until - now));
  }
  let_go_on();
}

// Not at once: many may catch up in one turn, and each would look at all who wait.
void ChatDesk::let_go_on() noexcept {
  if (waiting_.empty()) return;
  look_again_ = true;
  end_of_turn_.request();
}

void ChatDesk::end_turn() {
  if (std::exchange(look_again_, false)) {
    // Who must go on waiting stays on the list; resume() calls nobody back.
    const auto may_speak = [this](ChatPeer* peer) {
      if (peer->member() != nullptr && house_.held_up(*peer->member())) return false;
      peer->resume();
      return true;
    };
    std::erase_if(waiting_, may_speak);
  }
  house_.flush();
}

}  // namespace sluice
