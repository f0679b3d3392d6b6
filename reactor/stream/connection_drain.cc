// What a drain does with a connection: it delivers what had arrived, which may take many turns when
// the handler is paused or its peer reads slowly, and then closes. The table runs the passes.
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdint>

#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

namespace {

// What the first turn of a drain reads at most; the rest is read turn by turn.
constexpr int kReadsAtOnce = 16;
// What is unread in memory, or in the buffers of a transport, has no number: until a read finds
// nothing.
constexpr std::uint32_t kUnknown = UINT32_MAX;

}  // namespace

void Connection::begin_draining() noexcept {
  end_message();
  draining_ = Draining::in_pass;
  mark_ = kUnknown;
  if (state_ != State::open) return;
  if (!call("on_drain", [this] { protocol_->on_drain(*this); })) return;
  contain([this] {
    flush();
    for (int i = 0; i < kReadsAtOnce; ++i) {
      if (redeliver_) {
        redeliver();
      } else if (!may_read() || read_once(read_room()) == 0) {
        break;
      }
    }
    if (transport_ != nullptr) after_transport();
  });
  // Where a read has not found the end of it, a socket says how much is left: a peer that goes on
  // sending must not keep the drain going.
  if (mark_ == 0 || watcher_.fd() < 0) return;
  const bool buffered = transport_ != nullptr && transport_->pending();
  mark_ = static_cast<std::uint32_t>(
      std::min<std::size_t>(unread() + (buffered ? Loop::kReadBufferSize : 0), kUnknown));
}

// Once more, for the end of the stream, which may be next.
void Connection::read_last() noexcept {
  draining_ = Draining::in_pass;
  contain([this] {
    if (may_read() && unread() == 0) (void)read_once(read_room());
    if (transport_ != nullptr) after_transport();
  });
  mark_ = 0;
}

// Whether the handler has not seen all that had arrived when the drain began. What it leaves
// unconsumed while it is not paused is the beginning of a message that is not complete.
bool Connection::owes() const noexcept {
  if (state_ != State::open) return false;
  return (mark_ > 0 && !peer_ended_) || (!input_.empty() && (paused() || redeliver_));
}

void Connection::check_owed() noexcept {
  // In memory, no event and no number says whether something is unread.
  if (watcher_.fd() < 0) {
    contain([this] {
      while (mark_ > 0 && may_read() && read_once(read_room()) > 0) {
      }
    });
  }
  if (owes()) return;
  draining_ = Draining::ready;
  if (state_ == State::open) group_->table().begin_pass();
}

// Bytes in the kernel's receive queue.
std::size_t Connection::unread() const noexcept {
  if (watcher_.fd() < 0 || state_ != State::open || peer_ended_) return 0;
  int bytes = 0;
  if (::ioctl(watcher_.fd(), FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

}  // namespace sluice
