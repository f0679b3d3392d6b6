#include "ares_channel.h"

#include <ares.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "../loop/loop_internals.h"
#include "dns_message.h"
#include "resolver_types.h"

namespace sluice {

using std::chrono::milliseconds;

// One of c-ares's descriptors. Its watcher is bound once, and is stopped before the descriptor is
// closed: the next one may get the same number.
class AresChannel::Socket {
 public:
  Socket(AresChannel& channel, int fd) : channel_(channel), fd_(fd) {
    watcher_.bind<&Socket::on_ready>(this, fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { watcher_.stop(channel_.loop_.native()); }

  void watch(int events) noexcept {
    watcher_.watch(channel_.loop_.native(), events);
    is_connecting_ = (events & kWritable) != 0;
  }
  [[nodiscard]] int readable() const noexcept { return is_connecting_ ? ARES_SOCKET_BAD : fd_; }

 private:
  // c-ares may close the descriptor, and this object with it, before process() returns.
  void on_ready(int events) noexcept {
    channel_.process((events & kReadable) != 0 ? fd_ : ARES_SOCKET_BAD,
                     (events & kWritable) != 0 ? fd_ : ARES_SOCKET_BAD);
  }

  AresChannel& channel_;
  int fd_;
  bool is_connecting_ = false;  // or has more to send
  IoWatcher watcher_;
};

namespace {

// The error of a question without an answer, from a status of c-ares and the last failure that a
// server answered with.
std::error_code error_of(int status, unsigned rcode) noexcept {
  switch (status) {
    case ARES_SUCCESS:
      return {};
    case ARES_ETIMEOUT:
      return ResolverError::timed_out;
    case ARES_EREFUSED:
      return ResolverError::refused;
    case ARES_ECONNREFUSED:  // also where each of several servers answered with a failure
      return rcode == 0 ? ResolverError::no_server : error_of_rcode(rcode);
    case ARES_ENOMEM:
      return ResolverError::no_memory;
    default:
      return ResolverError::server_failed;
  }
}

}  // namespace

// Nothing may be thrown through c-ares.
struct AresChannel::Callbacks {
  static void on_answer(void* argument, int status, int /*timeouts*/, unsigned char* message,
                        int size) noexcept {
    Asked& asked = *static_cast<Asked*>(argument);
    AresChannel* const channel = asked.channel;
    if (channel->owner_ == nullptr) return;
    // A server that is the only one fails in its answer.
    const unsigned rcode = channel->has_one_server_ ? 0 : channel->reads_.rcode;
    const std::error_code error = error_of(status, rcode);
    std::span<const unsigned char> bytes;
    if (!error && message != nullptr) bytes = {message, static_cast<std::size_t>(size)};
    channel->owner_->on_answer(*channel, asked, error, bytes);
  }

  static void on_socket(void* argument, ares_socket_t fd, int readable, int writable) noexcept {
    const int events = (readable != 0 ? kReadable : 0) | (writable != 0 ? kWritable : 0);
    static_cast<AresChannel*>(argument)->watch(fd, events);
  }
};

AresChannel::AresChannel(Loop& loop, const AresSettings& settings, Owner& owner)
    : loop_(loop),
      owner_(&owner),
      has_one_server_(settings.count_of_servers() == 1),
      timer_(loop, [this] { on_time(); }) {
  channel_ = settings.open(&Callbacks::on_socket, this);
  use_own_calls(channel_, reads_);
}

AresChannel::~AresChannel() {
  owner_ = nullptr;
  ares_destroy(channel_);
}

void AresChannel::ask(const std::string& question, Asked& asked) noexcept {
  reads_.rcode = 0;
  asked.channel = this;
  ares_send(channel_, reinterpret_cast<const unsigned char*>(question.data()),
            static_cast<int>(question.size()), &Callbacks::on_answer, &asked);
  arm();
}

void AresChannel::cancel() noexcept {
  Owner* const owner = std::exchange(owner_, nullptr);
  ares_cancel(channel_);
  owner_ = owner;
  arm();
}

void AresChannel::watch(int fd, int events) noexcept {
  try {
    const auto found = sockets_.find(fd);
    if (events == 0) {
      if (found != sockets_.end()) sockets_.erase(found);
    } else if (found != sockets_.end()) {
      found->second->watch(events);
    } else {
      sockets_.emplace(fd, std::make_unique<Socket>(*this, fd)).first->second->watch(events);
    }
  } catch (const std::bad_alloc&) {
    // The answers on this socket are not seen. c-ares sends the question again after its timeout.
    return;
  }
}

// The loop calls timers before sockets. In a process that did not run for a while, an answer may
// wait: it is read before its question counts as unanswered.
void AresChannel::on_time() noexcept {
  const bool is_only = sockets_.size() == 1;
  process(is_only ? sockets_.begin()->second->readable() : ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void AresChannel::process(int readable, int writable) noexcept {
  reads_.left = AresReads::kMaxInTurn;
  ares_process_fd(channel_, readable, writable);
  arm();
}

void AresChannel::arm() noexcept {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return timer_.stop();
  const auto after = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  // At least 1 ms: c-ares counts in whole milliseconds, and would find nothing due before the
  // current one has passed.
  const auto rounded = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(after));
  LoopInternals::guarded(loop_, "resolver", [this, rounded] { timer_.start(rounded); });
}

}  // namespace sluice
