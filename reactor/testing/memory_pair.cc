#include "memory_pair.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "../loop/loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

LoopOptions on_virtual_time() {
  LoopOptions options;
  options.virtual_time = true;
  return options;
}

constexpr std::uint16_t kFirstPort = 49152;
constexpr std::uint16_t kSecondPort = 7;

}  // namespace

// The address that each sees is that of the other.
MemoryPair::MemoryPair(ProtocolRef first, ProtocolRef second, const MemoryPairOptions& options)
    : window_(std::max<std::size_t>(options.window, 1)),
      piece_(std::max<std::size_t>(options.piece, 1)),
      loop_(on_virtual_time()),
      first_{MemoryPeer(loop_, std::move(first), options.first,
                        Address::loopback(AF_INET, kSecondPort), window_)},
      second_{MemoryPeer(loop_, std::move(second), options.second,
                         Address::loopback(AF_INET, kFirstPort), window_)} {
  loop_.set_reporter([this](const Report& report) { reports_.push_back(report); });
  settle();
}

void MemoryPair::settle() {
  // A pass may let a side write more, which only the next one sees.
  constexpr int kQuietPasses = 2;
  for (int quiet = 0; quiet < kQuietPasses;) {
    first_.peer.settle();
    second_.peer.settle();
    const bool to_second = pass_on(first_, second_);
    const bool to_first = pass_on(second_, first_);
    quiet = to_second || to_first ? 0 : quiet + 1;
  }
}

// Returns whether anything has changed that may cause something else.
bool MemoryPair::pass_on(Side& from, Side& to) {
  const std::string bytes = from.peer.received();
  from.sent += bytes.size();
  if (!bytes.empty() && !from.over) {
    if (!to.peer.closed()) {
      to.peer.send(bytes, piece_);
    } else if (!from.peer.closed()) {
      from.peer.reset();  // nobody is there any more
    }
  }
  bool changed = !bytes.empty();
  if (!from.over && (from.peer.saw_reset() || from.peer.saw_end())) {
    from.over = changed = true;
    if (!to.peer.closed()) from.peer.saw_reset() ? to.peer.reset() : to.peer.end();
  }
  // What the other has not read stays in the window.
  if (!from.peer.closed()) {
    const std::size_t unread = to.peer.closed() ? 0 : to.peer.unread();
    from.peer.set_window(window_ - std::min(window_, unread));
  }
  return changed;
}

void MemoryPair::advance(milliseconds by) {
  const TimePoint end = later(loop_.now(), by);
  settle();
  for (;;) {
    const TimePoint due = LoopInternals::next_timer(loop_);
    if (due > end) break;
    // A timer that is already due still needs a step.
    const auto step = std::chrono::ceil<milliseconds>(std::max(due, loop_.now()) - loop_.now());
    loop_.advance(step);
    settle();
  }
  loop_.advance(std::chrono::floor<milliseconds>(end - loop_.now()));
  settle();
}

}  // namespace sluice
