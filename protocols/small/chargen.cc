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
  // Sends only whole rounds, so that no connection needs to store its position in one. Queues more
  // than the high-water mark, because on_writable() is called only after the queue was above it.
  // Counts what it sends itself and does not read queued() again: a peer that reads fast would
  // otherwise keep this loop running forever.
  const std::size_t high_water = connection.options().high_water;
  for (std::size_t queued = connection.queued(); queued <= high_water; queued += round_.size()) {
    connection.send(round_);
  }
}

void Chargen::on_open(Connection& connection) { fill(connection); }

std::size_t Chargen::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  return in.size();
}

void Chargen::on_eof(Connection& /*connection*/) {}

// It sends without end, so a drain must not wait until it has read what its peer sent.
void Chargen::on_drain(Connection& connection) { connection.close(); }

void Chargen::on_writable(Connection& connection) {
  // Calling fill() here would raise the queue above the high-water mark again before the connection
  // has read anything, so the input of the peer would never be dropped. A task that a deferred task
  // defers runs one turn later, and the connection reads in between. It may have closed by then.
  Loop& loop = connection.loop();
  auto refill = [this, &loop, id = connection.id()] {
    if (Connection* const open = Connection::find(loop, id)) fill(*open);
  };
  loop.defer([&loop, refill] { loop.defer(refill); });
}

DatagramAnswer chargen_answer() {
  // The "random number" of the RFC need not be secret, so a linear congruential generator suffices.
  return [round = make_round(), state = std::uint32_t{1}](
             std::span<const std::byte> /*request*/,
             std::span<std::byte> buffer) mutable -> std::span<const std::byte> {
    state = state * 1'664'525 + 1'013'904'223;
    const std::size_t wanted = (state >> 16) % (Chargen::kMaxDatagram + 1);
    return round.bytes().first(std::min(wanted, buffer.size()));
  };
}

}  // namespace sluice
