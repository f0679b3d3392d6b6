// How a drain handles a connection: it delivers the input that had arrived, and then closes. This
// may take many turns, if the handler is paused or its peer reads slowly. The table runs the
// passes.
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

// The maximum number of reads in the first turn of a drain; later turns read the rest.
constexpr int kDrainReadsAtOnce = 16;
// For input in memory or in the buffers of a transport, whose size is unknown until a read finds
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
    LoopInternals::budget(group_->loop()).begin_share();
    for (int i = 0; i < kDrainReadsAtOnce && !postponed_; ++i) {
      if (redeliver_) {
        redeliver();
      } else if (!may_read() || read_once(read_room()) == 0) {
        break;
      }
    }
    if (transport_ != nullptr) after_transport();
  });
  // If the reads have not reached the end of the input, ask the socket how much is left. A peer
  // that continues to send must not prolong the drain.
  if (mark_ == 0 || watcher_.fd() < 0) return;
  const bool buffered = transport_ != nullptr && transport_->pending();
  mark_ = static_cast<std::uint32_t>(
      std::min<std::size_t>(unread() + (buffered ? Loop::kReadBufferSize : 0), kUnknown));
}

// Reads once more, because the end of the stream may be next.
void Connection::read_last() noexcept {
  draining_ = Draining::in_pass;
  contain([this] {
    LoopInternals::budget(group_->loop()).begin_unlimited();
    if (may_read() && unread() == 0) (void)read_once(read_room());
    if (transport_ != nullptr) after_transport();
  });
  mark_ = 0;
}

// Whether the handler has not been given all the input that had arrived when the drain began. Input
// that it leaves unconsumed without a pause is the beginning of an incomplete message.
bool Connection::owes() const noexcept {
  if (state_ != State::open) return false;
  return (mark_ > 0 && !peer_ended_) || (!input_.empty() && (paused() || redeliver_));
}

void Connection::check_owed() noexcept {
  // In memory there is no event, and no number of unread bytes.
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

// The number of bytes in the kernel's receive queue.
std::size_t Connection::unread() const noexcept {
  if (watcher_.fd() < 0 || state_ != State::open || peer_ended_) return 0;
  int bytes = 0;
  if (::ioctl(watcher_.fd(), FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

}  // namespace sluice
