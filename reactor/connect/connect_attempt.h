// One address: from its socket to the outcome. For Connector.
//
// What it is: a connect() that is under way, its deadline, and its looking again where a Unix
// socket's backlog is full. It tells its judge once, and never inside begin() that it has won.
// Lifetime: going closes the socket, silently. The judge may destroy it when it is told.
// Thread: the loop's. Errors: errno values, to the judge; begin() may throw std::bad_alloc.
// Source: POSIX.1-2017 connect(): what is under way becomes writable when it is decided.
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

// Whom attempts tell, by their number.
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
  // REQUIRES: what is referred to outlives it.
  ConnectAttempt(Loop& loop, ConnectJudge& judge, std::size_t number, const Address& to,
                 const ConnectFrom& from);
  ConnectAttempt(const ConnectAttempt&) = delete;
  ConnectAttempt& operator=(const ConnectAttempt&) = delete;
  ~ConnectAttempt() { stop_watching(); }

  void begin(std::chrono::milliseconds timeout);  // 0: none
  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  // 0 when it is connected, EINPROGRESS while nothing is decided. Any other error is told once.
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
  // One for each socket: a descriptor's number may come again, and a watcher is bound only once.
  std::optional<IoWatcher> watcher_;
  Timer again_;
  Timer deadline_;
};

}  // namespace sluice

#endif
