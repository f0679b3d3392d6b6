// Accepting connections in a coroutine. Include <sluice/coro.h>.
//
// What it is: a listener, and a queue of the connections that it has accepted. When the queue is
// full, the listener pauses, and newcomers wait in the backlog of the system. A connection that a
// timeout or a drain closes leaves the queue; one whose peer has left stays, and reading from it
// says so. Connections whose transport has not finished its handshake are not in the queue, and
// enter it although it is full: it has at most `queue` of them, and those whose handshakes were in
// progress when it became full. ListenerOptions::max_connections bounds both.
// Lifetime: must be destroyed before its loop, and after the coroutines that wait for it. What it
// has accepted belongs to the coroutines. The destructor stops listening, and resets the
// connections in the queue, which nobody has served.
// Drain: closes the connections in the queue whose peers have sent nothing. The coroutines still
// get the others, and then ECANCELED.
// Thread: the loop's. Any number of coroutines may wait; each newcomer goes to the first.
// Errors: the constructors throw what those of Listener throw.
#ifndef SLUICE_REACTOR_CORO_CO_ACCEPTOR_H
#define SLUICE_REACTOR_CORO_CO_ACCEPTOR_H

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "../base/endpoint.h"
#include "../base/fd.h"
#include "../loop/end_of_turn.h"
#include "../loop/loop.h"
#include "../stream/listener.h"
#include "co_deadline.h"
#include "co_link.h"
#include "co_peer.h"
#include "conversation.h"

namespace sluice::co {

struct Accepted {
  Peer peer;  // not open with an error
  // ETIMEDOUT: the deadline. ECANCELED: the acceptor was closed, or it drains and the queue is
  // empty; it will accept no more.
  std::error_code error;

  explicit operator bool() const noexcept { return !error; }
};

class Acceptor {
 public:
  class Accepting;

  static constexpr std::size_t kQueue = 16;

  // REQUIRES: options.pool is null, and `queue` is more than 0.
  Acceptor(Loop& loop, const Endpoint& endpoint, const ListenerOptions& options = {},
           std::size_t queue = kQueue)
      : Acceptor(loop, queue) {
    listener_.emplace(loop, endpoint, make_links(), with_drain(options));
  }
  // On a descriptor that listens already.
  Acceptor(Loop& loop, Fd listening, const ListenerOptions& options = {},
           std::size_t queue = kQueue)
      : Acceptor(loop, queue) {
    listener_.emplace(loop, std::move(listening), make_links(), with_drain(options));
  }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor() {
    assert(waiting_ == nullptr && "an acceptor must outlive the coroutines that wait for it");
    close();
  }

  // Awaits a connection. A `deadline` of 0 or less: none.
  [[nodiscard]] Accepting accept(std::chrono::milliseconds deadline = {}) noexcept;
  // Stops listening and resets the connections in the queue. A coroutine that waits goes on at the
  // end of this turn. May be called again.
  void close() noexcept {
    // Without a listener its constructor has thrown, in one that delegates: this is the destructor.
    if (listener_) listener_->close();
    has_ended_ = true;
    while (!queue_.empty()) {
      Newcomer* const last = queue_.back();
      queue_.pop_back();
      last->queued = false;
      last->connection().abort();
    }
    if (waiting_ != nullptr) end_.request();
  }
  // For its endpoint, its counters and its descriptor.
  [[nodiscard]] const Listener& listener() const noexcept { return *listener_; }
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size(); }

 private:
  struct Newcomer final : Link {
    explicit Newcomer(Acceptor& of) noexcept : acceptor(of) {}
    // Even if it never closes in order: the loop is destroyed, or the connection got no memory.
    ~Newcomer() override {
      if (queued) acceptor.drop(*this);
    }
    void on_open(Connection& connection) override {
      Link::on_open(connection);
      // It was destroyed during the handshake.
      if (connection.listener() == nullptr) return connection.abort();
      acceptor.arrived(*this);  // which may destroy the acceptor
      settle(connection);
    }
    void on_close(Connection& connection, std::error_code reason) override {
      if (queued) acceptor.drop(*this);
      Link::on_close(connection, reason);
    }
    Acceptor& acceptor;
    bool queued = false;  // only then the acceptor surely exists
  };

  Acceptor(Loop& loop, std::size_t queue)
      : loop_(loop), most_(queue), end_(loop, [this] { wake_for_end(); }) {
    assert(queue > 0);
  }

  [[nodiscard]] ProtocolFactory make_links() {
    return [this](const Address&) { return std::make_unique<Newcomer>(*this); };
  }
  [[nodiscard]] ListenerOptions with_drain(ListenerOptions options) {
    assert(options.pool == nullptr);
    options.on_drain = [this, own = std::move(options.on_drain)] {
      has_ended_ = true;
      if (waiting_ != nullptr) end_.request();
      if (own) own();
    };
    return options;
  }
  void arrived(Newcomer& newcomer);
  void drop(Newcomer& newcomer) noexcept {
    newcomer.queued = false;
    std::erase(queue_, &newcomer);
    make_room();
  }
  // Of those that a drain has closed: their handlers learn of the end later.
  void drop_closed() noexcept {
    std::erase_if(queue_, [](Newcomer* each) {
      if (each->connection().state() == Connection::State::open) return false;
      each->queued = false;
      return true;
    });
    make_room();
  }
  [[nodiscard]] Peer take() noexcept {
    Newcomer& first = *queue_.front();
    first.queued = false;
    queue_.erase(queue_.begin());
    make_room();
    return Peer(first);
  }
  void make_room() noexcept {
    if (!is_full_ || queue_.size() >= most_) return;
    is_full_ = false;
    listener_->resume();
  }
  void wake_for_end();

  Loop& loop_;
  const std::size_t most_;
  std::vector<Newcomer*> queue_;  // the oldest first
  Accepting* waiting_ = nullptr;  // the head of the list of the coroutines, the oldest first
  bool is_full_ = false;          // the listener is paused
  bool has_ended_ = false;
  EndOfTurn end_;
  std::optional<Listener> listener_;  // last: it is destroyed first
};

class Acceptor::Accepting {
 public:
  Accepting(Acceptor& acceptor, std::chrono::milliseconds deadline) noexcept
      : acceptor_(acceptor), deadline_(deadline) {}
  Accepting(const Accepting&) = delete;
  Accepting& operator=(const Accepting&) = delete;
  ~Accepting() {
    if (waits_) leave();
  }

  [[nodiscard]] bool await_ready() const noexcept {
    acceptor_.drop_closed();
    return !acceptor_.queue_.empty() || acceptor_.has_ended_;
  }
  void await_suspend(Conversation::Handle server) {
    deadline_.start(acceptor_.loop_, [this] {
      deadline_.pass();
      go_on();
    });
    server_ = server;
    waits_ = true;
    Accepting** place = &acceptor_.waiting_;
    while (*place != nullptr) place = &(*place)->next_;
    *place = this;
  }
  Accepted await_resume() noexcept {
    // A newcomer that is there counts, also when the deadline has just passed.
    const bool is_late = deadline_.stop();
    if (peer_.is_open()) return {std::move(peer_), {}};
    acceptor_.drop_closed();
    if (!acceptor_.queue_.empty()) return {acceptor_.take(), {}};
    const std::errc why = is_late ? std::errc::timed_out : std::errc::operation_canceled;
    return {Peer(), std::make_error_code(why)};
  }

 private:
  friend class Acceptor;
  void leave() noexcept {
    Accepting** place = &acceptor_.waiting_;
    while (*place != this) place = &(*place)->next_;
    *place = next_;
    waits_ = false;
  }
  void go_on() {
    leave();
    Conversation::proceed(server_);
  }

  Acceptor& acceptor_;
  Deadline deadline_;
  Conversation::Handle server_ = nullptr;
  Accepting* next_ = nullptr;
  Peer peer_;
  bool waits_ = false;
};

inline Acceptor::Accepting Acceptor::accept(std::chrono::milliseconds deadline) noexcept {
  return {*this, deadline};
}

inline void Acceptor::arrived(Newcomer& newcomer) {
  if (has_ended_) return newcomer.connection().abort();  // during its handshake
  if (waiting_ != nullptr) {
    waiting_->peer_ = Peer(newcomer);
    return waiting_->go_on();
  }
  queue_.push_back(&newcomer);
  newcomer.queued = true;
  if (queue_.size() < most_ || is_full_) return;
  is_full_ = true;
  listener_->pause();
}

// One at a time: a coroutine that goes on may destroy this object.
inline void Acceptor::wake_for_end() {
  if (waiting_ == nullptr) return;
  if (waiting_->next_ != nullptr) end_.request();
  waiting_->go_on();
}

}  // namespace sluice::co

#endif
