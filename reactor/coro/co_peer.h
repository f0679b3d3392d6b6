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

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "../loop/timer.h"
#include "../stream/connection.h"
#include "../stream/protocol.h"
#include "conversation.h"

namespace sluice::co {

class Peer;

// The handler between a connection and a Peer. For the library.
class Link : public Protocol, protected Conversation::Owner {
 public:
  enum class Waits : std::uint8_t { no, reads, writes };

  ~Link() override;
  void on_open(Connection& connection) override { connection_ = &connection; }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    in_ = in;
    taken_ = 0;
    has_input_ = true;
    if (waits_ == Waits::reads && in.size() >= need_) proceed();
    has_input_ = false;
    settle(connection);
    return taken_;
  }
  void on_eof(Connection& connection) override {
    ended_ = true;
    if (waits_ == Waits::reads) proceed();
    settle(connection);
  }
  void on_writable(Connection& connection) override {
    if (waits_ == Waits::writes) proceed();
    settle(connection);
  }
  void on_close(Connection& connection, std::error_code reason) override;

  void join(Peer& peer) noexcept;
  void leave() noexcept { peer_ = nullptr; }
  [[nodiscard]] Connection& connection() const noexcept { return *connection_; }
  [[nodiscard]] bool is_open() const noexcept {
    return !ended_ && connection_->state() == Connection::State::open;
  }
  [[nodiscard]] bool is_writable() const noexcept {
    return connection_->state() > Connection::State::open ||
           connection_->queued() <= connection_->options().high_water;
  }
  [[nodiscard]] bool has(std::size_t need) noexcept {
    return has_input_ && in_.size() - taken_ >= need && connection_->may_continue();
  }
  // What the reader wants: `most` bytes, or all that there are.
  std::span<const std::byte> take(std::size_t most) noexcept {
    if (!has_input_) return {};
    const std::span<const std::byte> rest = in_.subspan(taken_);
    const std::span<const std::byte> taken = rest.first(std::min(most, rest.size()));
    taken_ += taken.size();
    return taken;
  }
  void wait(Conversation::Handle reader, Waits what, std::size_t need) noexcept {
    assert(waits_ == Waits::no && "one coroutine at a time");
    handle_ = reader;
    waits_ = what;
    need_ = need;
    if (has_input_) return;  // settle() follows
    // What is unconsumed is shown again only if more arrives, or after a pause.
    if (!paused_ && what == Waits::reads && !connection_->unconsumed().empty()) pause();
    settle(*connection_);
  }
  void forget() noexcept { waits_ = Waits::no; }

 protected:
  void settle(Connection& connection) noexcept {
    if (connection.state() != Connection::State::open) return;
    const bool reads = waits_ == Waits::reads;
    if (reads && paused_) {
      paused_ = false;
      connection.resume();
    } else if (!reads && !paused_) {
      pause();
    }
  }
  // Its Peer is not open any more, and does not close the connection.
  void abandon() noexcept;
  void on_return(bool has_thrown) noexcept override {
    if (connection_ == nullptr) return;
    has_thrown ? connection_->abort() : connection_->close();
  }

 private:
  void pause() noexcept {
    paused_ = true;
    connection_->pause();
  }
  void proceed() {
    waits_ = Waits::no;
    Conversation::proceed(handle_);
  }

  Connection* connection_ = nullptr;  // null before on_open() and after on_close()
  Peer* peer_ = nullptr;
  Conversation::Handle handle_ = nullptr;
  std::span<const std::byte> in_;  // during on_data()
  std::size_t taken_ = 0;
  std::size_t need_ = 0;
  Waits waits_ = Waits::no;
  bool has_input_ = false;
  bool ended_ = false;
  bool paused_ = false;
};

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

  Peer() noexcept = default;  // not open
  explicit Peer(Link& link) noexcept { link.join(*this); }
  explicit Peer(std::error_code reason) noexcept : reason_(reason) {}  // closed already
  Peer(Peer&& other) noexcept { *this = std::move(other); }
  Peer& operator=(Peer&& other) noexcept {
    if (this == &other) return *this;
    close();
    reason_ = other.reason_;
    if (Link* const link = std::exchange(other.link_, nullptr)) link->join(*this);
    return *this;
  }
  ~Peer() { close(); }

  // Until the connection has closed, also after the peer's end.
  [[nodiscard]] bool is_open() const noexcept { return link_ != nullptr; }
  // REQUIRES: is_open(). Do not change its handler, pause it or resume it.
  [[nodiscard]] Connection& connection() const noexcept { return link_->connection(); }
  // Why it has closed, as on_close() gets it.
  [[nodiscard]] std::error_code reason() const noexcept { return reason_; }

  // Awaits bytes: as many as have arrived, or exactly `count`, which is more than 0 and at most
  // ConnectionOptions::input_limit. A `deadline` of 0: none.
  [[nodiscard]] Reading read(std::chrono::milliseconds deadline = {}) noexcept;
  [[nodiscard]] Reading read_exactly(std::size_t count,
                                     std::chrono::milliseconds deadline = {}) noexcept;
  // Sends, and awaits that no more than high_water is queued. Returns is_open().
  [[nodiscard]] Writing write(std::span<const std::byte> bytes);
  [[nodiscard]] Writing write(std::string_view text);
  // Sends the queue, then closes. The Peer is not open any more.
  void close() noexcept {
    Link* const link = std::exchange(link_, nullptr);
    if (link == nullptr) return;
    link->leave();
    link->connection().close();
  }

 private:
  friend class Link;
  Link* link_ = nullptr;
  std::error_code reason_;
};

inline Link::~Link() { abandon(); }

inline void Link::abandon() noexcept {
  if (peer_ != nullptr) std::exchange(peer_, nullptr)->link_ = nullptr;
}

inline void Link::join(Peer& peer) noexcept {
  peer_ = &peer;
  peer.link_ = this;
}

inline void Link::on_close(Connection& /*connection*/, std::error_code reason) {
  connection_ = nullptr;
  if (peer_ != nullptr) {
    peer_->reason_ = reason;
    std::exchange(peer_, nullptr)->link_ = nullptr;
  }
  if (waits_ != Waits::no) proceed();
}

class Peer::Reading {
 public:
  Reading(Peer& peer, std::size_t need, std::size_t most,
          std::chrono::milliseconds deadline) noexcept
      : peer_(peer), need_(need), most_(most), deadline_(deadline) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    if (waits_ && peer_.link_ != nullptr) peer_.link_->forget();
  }

  [[nodiscard]] bool await_ready() const noexcept {
    return peer_.link_ == nullptr || !peer_.link_->is_open() || peer_.link_->has(need_);
  }
  void await_suspend(Conversation::Handle reader) {
    if (deadline_.count() > 0) {
      timer_.emplace(peer_.link_->connection().loop(), [this, reader] {
        timed_out_ = true;
        peer_.link_->forget();
        Conversation::proceed(reader);
      });
      timer_->start(deadline_);
    }
    waits_ = true;
    peer_.link_->wait(reader, Link::Waits::reads, need_);
  }
  Read await_resume() noexcept {
    waits_ = false;
    timer_.reset();
    if (timed_out_) return {{}, std::make_error_code(std::errc::timed_out)};
    if (peer_.link_ == nullptr) return {{}, peer_.reason_};
    if (!peer_.link_->is_open()) return {};
    return {peer_.link_->take(most_), {}};
  }

 private:
  Peer& peer_;
  const std::size_t need_;
  const std::size_t most_;
  const std::chrono::milliseconds deadline_;
  bool waits_ = false;
  bool timed_out_ = false;
  std::optional<Timer> timer_;
};

class Peer::Writing {
 public:
  explicit Writing(Peer& peer) noexcept : peer_(peer) {}
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  ~Writing() {
    if (waits_ && peer_.link_ != nullptr) peer_.link_->forget();
  }

  [[nodiscard]] bool await_ready() const noexcept {
    return peer_.link_ == nullptr || peer_.link_->is_writable();
  }
  void await_suspend(Conversation::Handle writer) noexcept {
    waits_ = true;
    peer_.link_->wait(writer, Link::Waits::writes, 0);
  }
  bool await_resume() noexcept {
    waits_ = false;
    return peer_.is_open();
  }

 private:
  Peer& peer_;
  bool waits_ = false;
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
  if (link_ != nullptr) link_->connection().send(bytes);
  return Writing(*this);
}

inline Peer::Writing Peer::write(std::string_view text) {
  return write(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace sluice::co

#endif
