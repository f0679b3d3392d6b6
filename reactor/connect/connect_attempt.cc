#include "connect_attempt.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "../loop/loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

// If a Unix socket's backlog is full, connect() fails at once (a blocking connect() would wait), so
// the attempt tries again after this time.
constexpr milliseconds kFullBacklog{20};

}  // namespace

ConnectAttempt::ConnectAttempt(Loop& loop, ConnectJudge& judge, std::size_t number,
                               const Address& to, const ConnectFrom& from)
    : loop_(loop),
      judge_(judge),
      number_(number),
      to_(to),
      from_(from),
      again_(loop, [this] { connect(); }),
      deadline_(loop, [this] { decide(true); }) {}

void ConnectAttempt::begin(milliseconds timeout) {
  if (timeout.count() > 0) deadline_.start(timeout);
  connect();
}

void ConnectAttempt::connect() {
  const char* call = nullptr;
  // A new socket each time: POSIX leaves the state of a socket that failed to connect unspecified.
  int error = open_connect_socket(socket_, to_, from_, &call);
  if (error != 0) return judge_.lost(number_, error, call);
  error = ::connect(socket_.get(), to_.data(), to_.size()) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    // If an ICMP message arrives during the call, the kernel only records its error. Without this
    // check the attempt would not see the error until the kernel retransmits, a second later.
    const int noted = pending_error(socket_.get());
    if (noted != 0) error = noted;
  }
  if (error == 0 || error == EINPROGRESS || error == EINTR) {
    watcher_.emplace();
    watcher_->bind<&ConnectAttempt::on_ready>(this, socket_.get());
    watcher_->watch(loop_.native(), kWritable);
  } else if (error == EAGAIN && to_.is_unix()) {
    again_.start(kFullBacklog);
  } else {
    judge_.lost(number_, error, "connect");
  }
}

void ConnectAttempt::on_ready(int events) noexcept {
  // Nothing may throw through libev.
  LoopInternals::guarded(loop_, "connect", [this, events] {
    if ((events & kRefused) != 0) return judge_.lost(number_, ENOSPC, "connect");
    decide(false);
  });
}

int ConnectAttempt::outcome() const noexcept {
  if (!watcher_) return EINPROGRESS;  // it waits until the backlog has room
  const int error = pending_error(socket_.get());
  if (error != 0) return error;
  // libev may, rarely, report a descriptor as ready although it is not.
  if (!is_connected(socket_.get())) return EINPROGRESS;
  return is_connected_to_itself(socket_.get(), to_) ? ECONNREFUSED : 0;
}

// A deadline checks the socket first: after a busy turn, a socket may be both ready and overdue.
void ConnectAttempt::decide(bool overdue) {
  const int error = outcome();
  if (error == 0) return judge_.won(number_, take_socket());
  if (error != EINPROGRESS) return judge_.lost(number_, error, "connect");
  if (overdue) judge_.lost(number_, ETIMEDOUT, "connect");
}

Fd ConnectAttempt::take_socket() noexcept {
  stop_watching();
  return std::move(socket_);
}

void ConnectAttempt::stop_watching() noexcept {
  if (watcher_) watcher_->stop(loop_.native());
  watcher_.reset();
}

}  // namespace sluice
