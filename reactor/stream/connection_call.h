// How a connection calls its handler: marked as running, guarded, and closed if it throws. Only for
// the implementation of Connection.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_CALL_H
#define SLUICE_REACTOR_STREAM_CONNECTION_CALL_H

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "../base/try_again.h"
#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

inline std::size_t Connection::waiting() const noexcept {
  return (output_ == nullptr ? 0 : output_->size()) +
         (collecting_ ? group_->table().write_buffer().size() : 0);
}

inline void Connection::touch() {
  if (timed_) return touch_in_message();
  group_->idle_.touch(*this);
}

inline void Connection::note_read(std::size_t size) {
  bytes_in_ += size;
  detail::count_up(group_->counters.bytes_in, size);
  detail::count_up(LoopInternals::counters(group_->loop()).bytes_in, size);
  touch();
  if (draining_ != Draining::no) mark_ -= std::min(mark_, static_cast<std::uint32_t>(size));
}

template <class Callback>
bool Connection::call(std::string_view name, Callback&& callback) noexcept {
  in_callback_ = true;
  const bool returned = LoopInternals::guarded(group_->loop(), name, callback);
  in_callback_ = false;
  wrote_directly_ = false;
  if (!returned) finish(CloseReason::handler_threw);
  // Not while it ran: the handler may still use the input after close() and abort().
  if (state_ != State::open) input_.clear();
  return returned;
}

template <class Work>
void Connection::contain(Work&& work) noexcept {
  if (!LoopInternals::contained(group_->loop(), "connection", work))
    finish(CloseReason::system_error, ENOMEM);
}

}  // namespace sluice

#endif
