#include "chargen.h"

#include <algorithm>
#include <string>

#include "../../reactor/loop/loop.h"
#include "../../reactor/stream/connection.h"

namespace sluice {
namespace {

Payload make_round() {
  std::string round;
  round.reserve(Chargen::kRound);
  for (std::size_t line = 0; line < Chargen::kCharacters; ++line) {
    for (std::size_t column = 0; column < Chargen::kLineLength; ++column) {
      round += static_cast<char>(' ' + (line + column) % Chargen::kCharacters);
    }
    round += "\r\n";
  }
  return Payload::copy(round);
}

}  // namespace

Chargen::Chargen() : round_(make_round()) {}

void Chargen::fill(Connection& connection) const {
  // Only whole rounds are sent, so that every connection stands at the beginning of one and needs
  // no place of its own. One byte above the high-water mark must wait: only then does on_writable()
  // come. What a fast peer takes meanwhile is not made up for here: it would keep the loop.
  const std::size_t goal = connection.options().high_water;
  for (std::size_t waiting = connection.queued(); waiting <= goal; waiting += round_.size()) {
    connection.send(round_);
  }
}

void Chargen::on_open(Connection& connection) { fill(connection); }

std::size_t Chargen::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  return in.size();
}

void Chargen::on_eof(Connection& /*connection*/) {}

void Chargen::on_writable(Connection& connection) {
  // Not here: the connection would be above its high-water mark again before it has read anything,
  // and what the peer sends would never be dropped. A task deferred by a deferred task runs a
  // turn later, and in that turn the connection reads. It may also be gone by then.
  Loop& loop = connection.loop();
  auto refill = [this, &loop, id = connection.id()] {
    if (Connection* const open = Connection::find(loop, id)) fill(*open);
  };
  loop.defer([&loop, refill] { loop.defer(refill); });
}

DatagramAnswer chargen_answer() {
  // The RFC's "random number" asks for variety, not for secrecy: a linear congruence will do.
  return [round = make_round(), state = std::uint32_t{1}](
             std::span<const std::byte> /*request*/,
             std::span<std::byte> room) mutable -> std::span<const std::byte> {
    state = state * 1'664'525 + 1'013'904'223;
    const std::size_t wanted = (state >> 16) % (Chargen::kMaxDatagram + 1);
    return round.bytes().first(std::min(wanted, room.size()));
  };
}

}  // namespace sluice
