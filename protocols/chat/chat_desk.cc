#include "chat_desk.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

#include "../../reactor/base/keyed_hash.h"
#include "chat_seat.h"

namespace sluice {

ChatDesk::ChatDesk(Loop& loop, ChatOptions options)
    : options_(std::move(options)),
      end_of_turn_(loop, [this] { end_turn(); }),
      house_(options_.rules, [this] { end_of_turn_.request(); }),
      behind_(
          loop, [this](ChatSeat& seat) { expire(seat); }, [this] { schedule_resume(); }),
      patient_(
          loop, [this](ChatSeat& seat) { end_wait(seat); }, [] {}) {
  rates_.set(options_.rate, options_.source_prefix);
}

ChatDesk::~ChatDesk() {
  for (ChatSeat* seat : seats_) seat->detach();
}

void ChatDesk::set_options(ChatOptions options) {
  options.rules.lobby = options_.rules.lobby;
  rates_.set(options.rate, options.source_prefix);
  house_.set_rules(options.rules);
  options_ = std::move(options);
}

std::string ChatDesk::origin_of(std::string_view user, const Address& peer) const {
  std::string origin(user);
  origin += '@';
  if (!peer.is_ip()) return origin += "local";
  // Not the hash of the tables of sources: members see this one, and could search for collisions.
  const std::string text = "origin " + Source(peer, options_.source_prefix).to_string();
  const std::uint64_t hash = keyed_hash(std::as_bytes(std::span(text)));
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned shift = 64; shift != 0;) origin += kDigits[(hash >> (shift -= 4)) & 15];
  return origin += ".hidden";
}

void ChatDesk::remove(ChatSeat& seat) noexcept {
  std::erase(seats_, &seat);
  std::erase(waiting_, &seat);
  patient_.remove(seat);
  mark_caught_up(seat);
  if (seat.is_draining() && --draining_ == 0) house_.set_draining(false);
}

void ChatDesk::begin_drain(ChatSeat& seat) {
  if (!seat.is_draining()) ++draining_;
  seat.mark_draining();
  house_.set_draining(true);
}

void ChatDesk::mark_behind(ChatSeat& seat) {
  if (options_.patience.count() == 0) return seat.mark_stalled();
  try {
    behind_.add(seat, options_.patience);
  } catch (const std::bad_alloc&) {
    return seat.mark_stalled();  // a delivery in progress must not fail
  }
  house_.set_behind(*seat.member(), true);
}

void ChatDesk::mark_caught_up(ChatSeat& seat) noexcept {
  if (!behind_.remove(seat)) return;
  if (ChatMember* member = seat.member()) house_.set_behind(*member, false);
  schedule_resume();
}

void ChatDesk::expire(ChatSeat& seat) noexcept {
  if (ChatMember* member = seat.member()) house_.set_behind(*member, false);
  seat.mark_stalled();
}

void ChatDesk::end_wait(ChatSeat& seat) noexcept {
  seat.lose_patience();
  if (std::erase(waiting_, &seat) > 0) seat.resume();
}

// Resumes at the end of the turn: many seats may catch up in one turn, and each would check all
// waiting seats.
void ChatDesk::schedule_resume() noexcept {
  if (waiting_.empty()) return;
  resume_pending_ = true;
  end_of_turn_.request();
}

void ChatDesk::end_turn() {
  if (std::exchange(resume_pending_, false)) {
    // Seats that must wait longer stay on the list. resume() does not call their handlers.
    const auto resume_if_free = [this](ChatSeat* seat) {
      if (seat->member() != nullptr && house_.is_congested(*seat->member())) return false;
      seat->resume();
      return true;
    };
    std::erase_if(waiting_, resume_if_free);
  }
  house_.flush();
}

}  // namespace sluice
