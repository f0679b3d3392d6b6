// The other end of a connection, for a coroutine. Include <sluice/coro.h>.
//
// What it is: a connection whose handler resumes the coroutine that reads or writes it. While the
// coroutine does not read, the connection is paused, so that what arrives stays in the system.
// Lifetime: owned by the coroutine's frame, and movable while nothing is awaited. Its destructor
// closes the connection, which sends what was written. It must be destroyed before the loop.
// Thread: the loop's. One coroutine may wait for a peer at a time.
// Errors: as results. After an end, an error or a close, every call returns at once.
#ifndef SLUICE_REACTOR_CORO_CO_PEER_H
#define SLUICE_REACTOR_CORO_CO_PEER_H

#include <cassert>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "../stream/connection.h"
#include "co_deadline.h"
#include "co_link.h"
#include "conversation.h"

namespace sluice::co {

struct Read {
  // Valid until the coroutine awaits something else. Empty at the end of the stream, and with an
  // error.
  std::span<const std::byte> bytes;
  std::error_code error;  // ETIMEDOUT: the deadline; else why the connection has closed

  explicit operator bool() const noexcept { return !bytes.empty(); }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

class Peer {
 public:
  class Reading;
  class Writing;
  class WritingInTime;

  Peer() noexcept = default;  // not open
  explicit Peer(Link& link) noexcept { link.join(held_); }
  explicit Peer(std::error_code reason) noexcept : held_{nullptr, reason} {}  // closed already
  Peer(Peer&& other) noexcept { *this = std::move(other); }
  Peer& operator=(Peer&& other) noexcept {
    if (this == &other) return *this;
    close();
    held_.reason = other.held_.reason;
    if (Link* const link = std::exchange(other.held_.link, nullptr)) link->join(held_);
    return *this;
  }
  ~Peer() { close(); }

  // Until the connection has closed, also after the peer's end.
  [[nodiscard]] bool is_open() const noexcept { return held_.link != nullptr; }
  // REQUIRES: is_open(). Do not change its handler, pause it or resume it.
  [[nodiscard]] Connection& connection() const noexcept { return held_.link->connection(); }
  // Why it has closed, as on_close() gets it.
  [[nodiscard]] std::error_code reason() const noexcept { return held_.reason; }

  // Awaits bytes: as many as have arrived, or exactly `count`, which is more than 0 and at most
  // ConnectionOptions::input_limit. A `deadline` of 0: none.
  [[nodiscard]] Reading read(std::chrono::milliseconds deadline = {}) noexcept;
  [[nodiscard]] Reading read_exactly(std::size_t count,
                                     std::chrono::milliseconds deadline = {}) noexcept;
  // Sends, and awaits that no more than high_water is queued. Returns false when it is not open any
  // more; or when the deadline has passed, and then what was written is still queued.
  [[nodiscard]] Writing write(std::span<const std::byte> bytes);
  [[nodiscard]] Writing write(std::string_view text);
  [[nodiscard]] WritingInTime write(std::span<const std::byte> bytes,
                                    std::chrono::milliseconds deadline);
  [[nodiscard]] WritingInTime write(std::string_view text, std::chrono::milliseconds deadline);
  // Sends the queue, then closes. The Peer is not open any more.
  void close() noexcept {
    Link* const link = std::exchange(held_.link, nullptr);
    if (link == nullptr) return;
    link->leave();
    link->connection().close();
  }

 private:
  LinkHolder held_;
};

class Peer::Reading {
 public:
  Reading(Peer& peer, std::size_t need, std::size_t most,
          std::chrono::milliseconds deadline) noexcept
      : peer_(peer), need_(need), most_(most), deadline_(deadline) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    if (waits_ && peer_.held_.link != nullptr) peer_.held_.link->forget();
  }

  [[nodiscard]] bool await_ready() const noexcept {
    return peer_.held_.link == nullptr || !peer_.held_.link->is_open() ||
           peer_.held_.link->has(need_);
  }
  void await_suspend(Conversation::Handle reader) {
    deadline_.start(peer_.held_.link->connection().loop(), [this, reader] {
      deadline_.pass();
      peer_.held_.link->forget();
      Conversation::proceed(reader);
    });
    waits_ = true;
    peer_.held_.link->wait(reader, Link::Waits::reads, need_);
  }
  Read await_resume() noexcept {
    waits_ = false;
    if (deadline_.stop()) return {{}, std::make_error_code(std::errc::timed_out)};
    if (peer_.held_.link == nullptr) return {{}, peer_.held_.reason};
    if (!peer_.held_.link->is_open()) return {};
    return {peer_.held_.link->take(most_), {}};
  }

 private:
  Peer& peer_;
  const std::size_t need_;
  const std::size_t most_;
  Deadline deadline_;
  bool waits_ = false;
};

class Peer::Writing {
 public:
  explicit Writing(Peer& peer) noexcept : peer_(peer) {}
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  ~Writing() {
    if (waits_ && peer_.held_.link != nullptr) peer_.held_.link->forget();
  }

  [[nodiscard]] bool await_ready() const noexcept {
    return peer_.held_.link == nullptr || peer_.held_.link->is_writable();
  }
  void await_suspend(Conversation::Handle writer) noexcept {
    waits_ = true;
    peer_.held_.link->wait(writer, Link::Waits::writes, 0);
  }
  bool await_resume() noexcept {
    waits_ = false;
    return peer_.is_open();
  }

 protected:
  Peer& peer_;

 private:
  bool waits_ = false;
};

// Apart, so that the frame of a conversation whose writes have no deadline has no timer for them.
class Peer::WritingInTime : public Writing {
 public:
  WritingInTime(Peer& peer, std::chrono::milliseconds deadline) noexcept
      : Writing(peer), deadline_(deadline) {}

  void await_suspend(Conversation::Handle writer) {
    deadline_.start(peer_.held_.link->connection().loop(), [this, writer] {
      deadline_.pass();
      peer_.held_.link->forget();
      Conversation::proceed(writer);
    });
    Writing::await_suspend(writer);
  }
  bool await_resume() noexcept {
    // First, whatever the result: this object may live on while the coroutine awaits another.
    const bool is_late = deadline_.stop();
    return Writing::await_resume() && !is_late;
  }

 private:
  Deadline deadline_;
};

inline Peer::Reading Peer::read(std::chrono::milliseconds deadline) noexcept {
  return {*this, 1, static_cast<std::size_t>(-1), deadline};
}

inline Peer::Reading Peer::read_exactly(std::size_t count,
                                        std::chrono::milliseconds deadline) noexcept {
  assert(count > 0);
  return {*this, count, count, deadline};
}

inline Peer::Writing Peer::write(std::span<const std::byte> bytes) {
  if (held_.link != nullptr) held_.link->connection().send(bytes);
  return Writing(*this);
}

inline Peer::Writing Peer::write(std::string_view text) {
  return write(std::as_bytes(std::span(text.data(), text.size())));
}

inline Peer::WritingInTime Peer::write(std::span<const std::byte> bytes,
                                       std::chrono::milliseconds deadline) {
  if (held_.link != nullptr) held_.link->connection().send(bytes);
  return {*this, deadline};
}

inline Peer::WritingInTime Peer::write(std::string_view text, std::chrono::milliseconds deadline) {
  return write(std::as_bytes(std::span(text.data(), text.size())), deadline);
}

}  // namespace sluice::co

#endif
