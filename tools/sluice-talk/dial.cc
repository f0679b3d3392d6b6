#include "dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice {
namespace {

// A Unix socket whose backlog is full says so at once, where a blocking connect() would wait.
constexpr std::chrono::milliseconds kFullBacklog{20};

int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// On loopback the kernel may choose the port that is asked for as the source, and connect the
// socket to itself. Nobody listens there.
bool is_connected_to_itself(int fd, const Address& peer) {
  return peer.is_ip() && Address::local_of(fd) == peer;
}

}  // namespace

Dial::Dial(Loop& loop, std::vector<Endpoint> candidates, const DialOptions& options,
           Connected connected, Failed failed)
    : loop_(loop),
      candidates_(std::move(candidates)),
      options_(options),
      connected_(std::move(connected)),
      failed_(std::move(failed)),
      again_(loop, [this] { try_next(); }),
      deadline_(loop, [this] { on_deadline(); }) {}

Dial::~Dial() { stop(); }

void Dial::stop() noexcept {
  if (watcher_) watcher_->stop(loop_.native());
  watcher_.reset();
  again_.stop();
  deadline_.stop();
}

void Dial::start() {
  if (options_.timeout.count() > 0) deadline_.start(options_.timeout);
  again_.start(std::chrono::milliseconds(0));
}

void Dial::try_next() {
  if (next_ == candidates_.size()) return give_up();
  const Address& to = candidates_[next_].address();
  int error = open_socket(to);
  if (error != 0) return note(error);
  error = bind_socket(to);
  if (error != 0) return note(error, "bind " + options_.bind->to_string() + ": ");
  error = ::connect(socket_.get(), to.data(), to.size()) == 0 ? 0 : errno;
  if (error == 0 || error == EINPROGRESS) {
    watcher_.emplace();
    watcher_->bind<&Dial::on_ready>(this, socket_.get());
    watcher_->watch(loop_.native(), kWritable);
  } else if (error == EAGAIN && to.is_unix()) {
    again_.start(kFullBacklog);
  } else {
    note(error);
  }
}

int Dial::open_socket(const Address& to) {
  socket_.reset(::socket(to.family(), SOCK_STREAM, 0));
  if (!socket_) return errno;
  set_nonblocking_cloexec(socket_.get());
  if (to.is_ip()) {
    const int on = 1;
    // It fails on no socket that works; what is lost is only speed.
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return 0;
}

int Dial::bind_socket(const Address& to) const {
  if (!options_.bind) return 0;
  if (options_.bind->family() != to.family()) return EAFNOSUPPORT;
  return ::bind(socket_.get(), options_.bind->data(), options_.bind->size()) == 0 ? 0 : errno;
}

void Dial::on_ready() noexcept {
  loop_.guarded("connect", [this] { on_decided(); });  // nothing may throw through libev
}

void Dial::on_decided() {
  watcher_->stop(loop_.native());
  watcher_.reset();
  int error = pending_error(socket_.get());
  if (error == 0 && is_connected_to_itself(socket_.get(), candidates_[next_].address())) {
    error = ECONNREFUSED;
  }
  if (error != 0) return note(error);
  stop();
  connected_(std::move(socket_));
}

// This candidate is done with; the next one's turn is another turn.
void Dial::note(int error, const std::string& at) {
  socket_.reset();
  const std::string reason = at + std::generic_category().message(error);
  if (candidates_.size() == 1) {
    reasons_ = reason;
  } else {
    if (!reasons_.empty()) reasons_ += "; ";
    reasons_ += candidates_[next_].address().to_string() + ": " + reason;
  }
  ++next_;
  again_.start(std::chrono::milliseconds(0));
}

void Dial::give_up() {
  stop();
  failed_(reasons_, false);
}

void Dial::on_deadline() {
  std::string why = "no connection within " + std::to_string(options_.timeout.count()) + " ms";
  if (!reasons_.empty()) why += " (" + reasons_ + ")";
  stop();
  failed_(why, true);
}

}  // namespace sluice
