#include "service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/number.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxStatus = 512;  // bytes
constexpr std::uint64_t kMicroseconds = 1'000'000;

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? std::nullopt : parse_digits(text, 10);
}

// CLOCK_MONOTONIC, by which the service manager tells a new reload from an old one.
std::string monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<std::uint64_t>(now.tv_sec) * kMicroseconds +
                        static_cast<std::uint64_t>(now.tv_nsec) / 1000);
}

std::string with_status(std::string_view state, std::string_view status) {
  return std::string(state) + "\nSTATUS=" + escape(status, kMaxStatus);
}

bool has_no_room(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

}  // namespace

ServiceManager::ServiceManager(Loop& loop, Relay relay)
    : retry_(loop, [this] { send_waiting(); }), watchdog_(loop, [this] { send("WATCHDOG=1"); }) {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') return;
  relay_ = std::move(relay);
  if (!relay_) connect(name);
  if (present()) watch();
}

void ServiceManager::connect(const char* name) {
  const std::size_t length = std::strlen(name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path, or with "@" a name in Linux's abstract namespace. There is also "vsock:", for guests.
  if (*name != '/' && *name != '@') {
    error_ = std::make_error_code(std::errc::address_family_not_supported);
    return;
  }
  if (length >= sizeof address.sun_path) {
    error_ = std::make_error_code(std::errc::filename_too_long);
    return;
  }
  std::copy_n(name, length, static_cast<char*>(address.sun_path));
  if (*name == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);

  Fd socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    error_ = std::error_code(errno, std::generic_category());
    return;
  }
  set_nonblocking_cloexec(socket.get());
  socket_ = std::move(socket);
}

void ServiceManager::watch() {
  const auto limit = number_in("WATCHDOG_USEC");
  if (!limit || *limit == 0) return;
  const auto process = number_in("WATCHDOG_PID");
  const pid_t own = relay_ ? ::getppid() : ::getpid();
  if (process && *process != static_cast<std::uint64_t>(own)) return;
  constexpr std::uint64_t kMaxMilliseconds = 24ULL * 60 * 60 * 1000;
  const std::uint64_t half = std::clamp<std::uint64_t>(*limit / 2 / 1000, 1, kMaxMilliseconds);
  watchdog_.start_repeating(std::chrono::milliseconds(half));
}

void ServiceManager::ready(std::string_view status) { send(with_status("READY=1", status)); }

void ServiceManager::reloading() {
  send("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds());
}

void ServiceManager::stopping(std::string_view status) { send(with_status("STOPPING=1", status)); }

void ServiceManager::main_process(pid_t process) { send("MAINPID=" + std::to_string(process)); }

void ServiceManager::send(std::string message) {
  if (relay_) return relay_(message);
  if (!present()) return;
  if (waiting_.size() == kMaxWaiting) waiting_.pop_front();
  waiting_.push_back(std::move(message));
  if (!retry_.running()) send_waiting();
}

// Any error but a lack of room is final for the message: the service manager may be restarting.
void ServiceManager::send_waiting() {
  while (!waiting_.empty()) {
    const std::string& message = waiting_.front();
    const ssize_t sent = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && has_no_room(errno)) return retry_.start(kRetry);
    waiting_.pop_front();
  }
}

}  // namespace sluice::tools::daemon
