#include "hangup_watch.h"

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/socket.h>
#endif

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "../loop/loop.h"
#include "connection_table.h"

namespace sluice {

#ifdef __linux__

namespace {

int error_of(int socket) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? ECONNRESET : error;
}

}  // namespace

HangupWatch::HangupWatch(ConnectionTable& table)
    : table_(table), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  watcher_.bind<&HangupWatch::on_ready>(this, epoll_.get());
}

HangupWatch::~HangupWatch() { watcher_.stop(table_.loop().native()); }

void HangupWatch::add(const Connection& connection) {
  const ConnectionId id = connection.id();
  epoll_event event{};
  // EPOLLERR comes unasked.
  event.events = EPOLLRDHUP;
  event.data.u64 = std::uint64_t{id.generation} << 32 | id.slot;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.native_handle(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  if (count_++ == 0) watcher_.watch(table_.loop().native(), kReadable);
}

void HangupWatch::remove(const Connection& connection) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.native_handle(), nullptr);
  if (--count_ == 0) watcher_.stop(table_.loop().native());
}

void HangupWatch::on_ready() noexcept {
  constexpr std::size_t kMaxEvents = 64;  // level-triggered: the others come in the next turn
  std::array<epoll_event, kMaxEvents> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kMaxEvents, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const ConnectionId id{static_cast<std::uint32_t>(event.data.u64),
                          static_cast<std::uint32_t>(event.data.u64 >> 32)};
    // A callback for an earlier one may have closed it.
    if (Connection* connection = table_.find(id)) {
      // The error can be read once. It is left to a connection that only waits for its end.
      const bool wants_error = connection->state() == Connection::State::open &&
                               connection->watches_hangup_ && !connection->peer_ended_;
      const bool failed = (event.events & EPOLLERR) != 0 && wants_error;
      connection->hung_up(failed ? error_of(connection->native_handle()) : 0);
    }
  }
}

#else

HangupWatch::HangupWatch(ConnectionTable& table) : table_(table) {
  throw std::system_error(EOPNOTSUPP, std::generic_category(), "no epoll on this system");
}
HangupWatch::~HangupWatch() = default;
void HangupWatch::add(const Connection& /*connection*/) {}
void HangupWatch::remove(const Connection& /*connection*/) noexcept {}
void HangupWatch::on_ready() noexcept {}

#endif

}  // namespace sluice
