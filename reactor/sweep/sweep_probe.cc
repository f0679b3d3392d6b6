#include "sweep_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice {

void SweepProbe::watch(struct ev_loop* loop, Owner& owner) noexcept {
  if (watched()) return;
  owner_ = &owner;
  watcher_.bind<&SweepProbe::on_event>(this, socket.get());
  // A refused connection makes the socket readable and writable. If we waited for writability
  // alone, libev would change the kernel's mask each time, which is a system call.
  watcher_.watch(loop, kReadable | kWritable);
}

void SweepProbe::on_event(int events) {
  Owner& owner = *owner_;
  // The system cannot watch another descriptor. The timeout checks the socket instead. It must not
  // count as watched: the next target would use it, and its answer would never be seen.
  if ((events & kRefused) != 0) owner_ = nullptr;
  owner.on_ready(*this);
}

void SweepProbe::stop(struct ev_loop* loop) noexcept {
  if (!watched()) return;
  watcher_.stop(loop);
  owner_ = nullptr;
}

void SweepProbe::close(struct ev_loop* loop) noexcept {
  stop(loop);
  socket.reset();
}

Fd SweepProbe::take_socket(struct ev_loop* loop) noexcept {
  stop(loop);
  return std::move(socket);
}

int SweepProbe::connect(bool at_once, bool again) noexcept {
  const Address& to = task.target.address;
  int error = ::connect(socket.get(), to.data(), to.size()) == 0 ? 0 : errno;
  if (at_once && error == EINPROGRESS) error = ask(again);
  return error;
}

int SweepProbe::ask(bool again) noexcept {
  const Address& to = task.target.address;
  if (again) return ::connect(socket.get(), to.data(), to.size()) == 0 ? 0 : errno;
  const int error = pending_error(socket.get());
  if (error != 0) return error;
  // An attempt in progress has no error either.
  return is_connected(socket.get()) ? 0 : EALREADY;
}

bool leaves_no_trace(const Address& target) noexcept {
  if (target.family() != AF_INET6) return true;
  sockaddr_in6 v6;
  std::memcpy(&v6, target.data(), sizeof v6);
  // A zone binds the socket to a device, and an IPv4-mapped address turns it into an IPv4 socket,
  // both permanently.
  return v6.sin6_scope_id == 0 && !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
}

SweepProbe& SweepProbes::take() {
  if (unused_.empty()) {
    unused_.push_back(all_.emplace_back());
  }
  SweepProbe& probe = unused_.front();
  probe.unlink();
  ++in_use_;
  return probe;
}

void SweepProbes::give_back(SweepProbe& probe) noexcept {
  // To the front, so that the next target finds it in the cache.
  unused_.push_front(probe);
  --in_use_;
}

}  // namespace sluice
