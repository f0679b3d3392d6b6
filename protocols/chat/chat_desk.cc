#include "chat_desk.h"

#include <algorithm>
#include <new>
#include <utility>

namespace sluice {

ChatDesk::ChatDesk(Loop& loop, ChatOptions options)
    : loop_(loop),
      options_(std::move(options)),
      end_of_turn_(loop, [this] { end_turn(); }),
      house_(options_.rules, [this] { end_of_turn_.request(); }),
      impatient_(loop, [this] { on_impatient(); }) {}

ChatDesk::~ChatDesk() {
  for (ChatSeat* seat : seats_) seat->detach();
}

void ChatDesk::gone(ChatSeat& seat) noexcept {
  std::erase(seats_, &seat);
  std::erase(waiting_, &seat);
  caught_up(seat);
}

void ChatDesk::fell_behind(ChatSeat& seat) {
  if (options_.patience.count() == 0) return seat.give_up_on();
  try {
    if (!impatient_.running()) impatient_.start(options_.patience);
    patience_.push_back({&seat, later(loop_.now(), options_.patience)});
  } catch (const std::bad_alloc&) {
    return seat.give_up_on();  // a delivery under way must not end here
  }
  house_.set_behind(*seat.member(), true);
}

void ChatDesk::caught_up(ChatSeat& seat) noexcept {
  const auto same = [&seat](const Patience& one) { return one.seat == &seat; };
  const auto found = std::ranges::find_if(patience_, same);
  if (found == patience_.end()) return;
  patience_.erase(found);
  if (ChatMember* member = seat.member()) house_.set_behind(*member, false);
  let_go_on();
}

void ChatDesk::on_impatient() {
  const TimePoint now = loop_.now();
  std::size_t done = 0;
  for (; done < patience_.size() && patience_[done].until <= now; ++done) {
    ChatSeat& seat = *patience_[done].seat;
    if (ChatMember* member = seat.member()) house_.set_behind(*member, false);
    seat.give_up_on();
  }
  patience_.erase(patience_.begin(), patience_.begin() + static_cast<std::ptrdiff_t>(done));
  if (!patience_.empty()) {
    impatient_.start(std::chrono::ceil<std::chrono::milliseconds>(patience_.front().until - now));
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
    // Those that must wait longer stay on the list; resume() calls nobody back.
    const auto may_speak = [this](ChatSeat* seat) {
      if (seat->member() != nullptr && house_.is_congested(*seat->member())) return false;
      seat->resume();
      return true;
    };
    std::erase_if(waiting_, may_speak);
  }
  house_.flush();
}

}  // namespace sluice
