// The handler between a connection and a Peer. Include <sluice/coro.h>.
//
// What it is: resumes the coroutine that reads or writes. While none reads, the connection is
// paused, so that what arrives stays in the system.
// Lifetime: of the connection, which owns it. Thread: the loop's.
#ifndef SLUICE_REACTOR_CORO_CO_LINK_H
#define SLUICE_REACTOR_CORO_CO_LINK_H

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

#include "../stream/connection.h"
#include "../stream/protocol.h"
#include "conversation.h"

namespace sluice::co {

class Link;

// What a Peer is to its Link.
struct LinkHolder {
  Link* link = nullptr;    // null when it is not open
  std::error_code reason;  // why it has closed
};

class Link : public Protocol, protected Conversation::Owner {
 public:
  enum class Waits : std::uint8_t { no, reads, writes };

  ~Link() override { abandon(); }
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
  void on_close(Connection& /*connection*/, std::error_code reason) override {
    connection_ = nullptr;
    if (holder_ != nullptr) {
      holder_->reason = reason;
      std::exchange(holder_, nullptr)->link = nullptr;
    }
    if (waits_ != Waits::no) proceed();
  }

  void join(LinkHolder& holder) noexcept {
    holder_ = &holder;
    holder.link = this;
  }
  void leave() noexcept { holder_ = nullptr; }
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
  void abandon() noexcept {
    if (holder_ != nullptr) std::exchange(holder_, nullptr)->link = nullptr;
  }
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
  LinkHolder* holder_ = nullptr;
  Conversation::Handle handle_ = nullptr;
  std::span<const std::byte> in_;  // during on_data()
  std::size_t taken_ = 0;
  std::size_t need_ = 0;
  Waits waits_ = Waits::no;
  bool has_input_ = false;
  bool ended_ = false;
  bool paused_ = false;
};

}  // namespace sluice::co

#endif
