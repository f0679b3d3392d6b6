// Reports when the peers of some connections end their streams, also while these are not read. Only
// for Connection::watch_hangup().
//
// What it is: an epoll instance beside the loop's, because libev's knows only readable and
// writable, and readable means reading. It has the sockets of those who asked, and the loop watches
// it while there are any.
// Lifetime: the ConnectionTable owns it, and makes it when it is first needed. Thread: the loop's.
// Errors: the constructor and add() throw std::system_error, EOPNOTSUPP where there is no epoll.
// Source: epoll_ctl(2), EPOLLRDHUP.
#ifndef SLUICE_REACTOR_STREAM_HANGUP_WATCH_H
#define SLUICE_REACTOR_STREAM_HANGUP_WATCH_H

#include <cstddef>

#include "../base/fd.h"
#include "../loop/watcher.h"
#include "connection.h"

namespace sluice {

class HangupWatch {
 public:
  explicit HangupWatch(ConnectionTable& table);
  HangupWatch(const HangupWatch&) = delete;
  HangupWatch& operator=(const HangupWatch&) = delete;
  ~HangupWatch();

  void add(const Connection& connection);
  // REQUIRES: it was added, and its descriptor is still open.
  void remove(const Connection& connection) noexcept;

 private:
  void on_ready() noexcept;

  ConnectionTable& table_;
  Fd epoll_;
  IoWatcher watcher_;
  std::size_t count_ = 0;
};

}  // namespace sluice

#endif
