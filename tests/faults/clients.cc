#include "clients.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::faults {
namespace {

constexpr int kAnswerIn = 250;  // milliseconds, of a datagram
constexpr int kTimesAsked = 6;

bool readable(int fd, int milliseconds) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, milliseconds) == 1;
}

}  // namespace

Client::Client(std::string name, const Address& server) : name_(std::move(name)) {
  socket_.reset(::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  check(static_cast<bool>(socket_), "socket");
  check(::connect(socket_.get(), server.data(), server.size()) == 0, "connect");
}

Client::Client(std::string name, Fd connected)
    : name_(std::move(name)), socket_(std::move(connected)) {}

void Client::check(bool fine, const char* what) const {
  if (!fine) throw Unfair(name_ + ": " + what + ": " + std::strerror(errno));
}

void Client::send(std::string_view bytes) {
  const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  check(count == static_cast<ssize_t>(bytes.size()), "send");
}

void Client::expect(std::string_view bytes) {
  std::array<char, 16 * 1024> got;
  while (!bytes.empty()) {
    errno = ETIMEDOUT;
    check(readable(socket_.get(), kPatience), "nothing comes");
    const std::size_t room = std::min(got.size(), bytes.size());
    const ssize_t count = ::recv(socket_.get(), got.data(), room, 0);
    check(count > 0, count == 0 ? "ended early" : "recv");
    const std::string_view now(got.data(), static_cast<std::size_t>(count));
    check(bytes.starts_with(now), "other bytes than it was owed");
    bytes.remove_prefix(now.size());
  }
}

void Client::expect_end() {
  errno = ETIMEDOUT;
  check(readable(socket_.get(), kPatience), "does not end");
  char more = 0;
  const ssize_t count = ::recv(socket_.get(), &more, 1, 0);
  check(count == 0, count > 0 ? "bytes in place of the end" : "recv of the end");
}

void Client::end() { check(::shutdown(socket_.get(), SHUT_WR) == 0, "shutdown"); }

bool ask(const Address& server, std::string_view question, std::string_view answer) {
  const Fd socket(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), server.data(), server.size()) != 0) return false;
  std::array<char, 2048> got;
  for (int i = 0; i < kTimesAsked; ++i) {
    ::send(socket.get(), question.data(), question.size(), 0);
    if (!readable(socket.get(), kAnswerIn)) continue;
    const ssize_t count = ::recv(socket.get(), got.data(), got.size(), 0);
    return count >= 0 && std::string_view(got.data(), static_cast<std::size_t>(count)) == answer;
  }
  return false;
}

}  // namespace sluice::faults
