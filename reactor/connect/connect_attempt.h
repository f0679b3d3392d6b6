// One attempt to connect to one address. Only for Connector.
//
// What it is: a socket with a connect() in progress, and its deadline. If a Unix socket's backlog
// is full, it tries again after a pause. It calls its judge once, and never calls won() inside
// begin().
// Lifetime: the destructor closes the socket and calls nothing. The judge may destroy the attempt
// when it is called.
// Thread: the loop's. Errors: errno values, to the judge; begin() may throw std::bad_alloc.
// Source: POSIX.1-2017 connect(): the socket becomes writable when the connection is established or
// has failed.
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_ATTEMPT_H
#define SLUICE_REACTOR_CONNECT_CONNECT_ATTEMPT_H

#include <chrono>
#include <cstddef>
#include <optional>

#include "../base/address.h"
#include "../base/fd.h"
#include "../loop/loop.h"
#include "../loop/timer.h"
#include "../loop/watcher.h"
#include "connect_socket.h"

namespace sluice {

// The owner of attempts. It knows each by its number.
class ConnectJudge {
 public:
  virtual void won(std::size_t number, Fd socket) = 0;
  // `call` is the function that failed.
  virtual void lost(std::size_t number, int error, const char* call) = 0;

 protected:
  ~ConnectJudge() = default;
};

class ConnectAttempt {
 public:
  // REQUIRES: the referenced objects outlive the attempt.
  ConnectAttempt(Loop& loop, ConnectJudge& judge, std::size_t number, const Address& to,
                 const ConnectFrom& from);
  ConnectAttempt(const ConnectAttempt&) = delete;
  ConnectAttempt& operator=(const ConnectAttempt&) = delete;
  ~ConnectAttempt() { stop_watching(); }

  void begin(std::chrono::milliseconds timeout);  // 0: no deadline
  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  // 0 if it is connected, EINPROGRESS if it is still in progress. Any other error is returned only
  // once, because SO_ERROR resets it.
  [[nodiscard]] int outcome() const noexcept;
  [[nodiscard]] Fd take_socket() noexcept;

 private:
  void connect();
  void on_ready(int events) noexcept;
  void decide(bool overdue);
  void stop_watching() noexcept;

  Loop& loop_;
  ConnectJudge& judge_;
  const std::size_t number_;
  const Address& to_;
  const ConnectFrom& from_;
  Fd socket_;
  // A new one for each socket: a new socket may get the same descriptor, and a watcher can be bound
  // only once.
  std::optional<IoWatcher> watcher_;
  Timer again_;
  Timer deadline_;
};

}  // namespace sluice

#endif
