#include "control_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "../../reactor/base/fd.h"
#include "../../reactor/base/text/quote.h"

namespace sluice::tools::control {
namespace {

[[noreturn]] void throw_error(const std::string& socket_path) {
  throw std::system_error(errno, std::generic_category(), "control socket " + quote(socket_path));
}

Fd connect_to(const std::string& path, std::chrono::seconds patience_to_read = kPatience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    throw_error(path);
  }
  std::copy(path.begin(), path.end(), static_cast<char*>(address.sun_path));
  Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!fd) throw_error(path);
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  const timeval to_read{.tv_sec = patience_to_read.count(), .tv_usec = 0};  // 0: no limit
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &to_read, sizeof to_read);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw_error(path);
  }
  return fd;
}

void send_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Reads lines, and passes each to `take`, until that returns true or the stream ends: then false.
// `total` counts the bytes.
template <class Take>
bool read_lines(int fd, const std::string& socket_path, std::size_t& total, Take take) {
  std::string rest;  // of a line
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_error(socket_path);
    if (got == 0) return false;
    total += static_cast<std::size_t>(got);
    rest.append(buffer.data(), static_cast<std::size_t>(got));
    if (rest.size() > kMaxAnswer) throw ProtocolError("the daemon's line has more than 256 MiB");
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest.find('\n', begin)) != rest.npos; begin = end + 1) {
      if (take(std::string_view(rest).substr(begin, end - begin))) return true;
    }
    rest.erase(0, begin);
  }
}

}  // namespace

bool add_line(ControlAnswer& answer, std::string_view line) {
  constexpr std::string_view kError = "error: ";
  if (line == "ok") return true;
  if (line.starts_with(kError)) {
    answer.error = line.substr(kError.size());
    return true;
  }
  if (line.starts_with('{')) {
    answer.rows.emplace_back(line);
  } else if (line.starts_with(' ')) {
    answer.text += line.substr(1);
    answer.text += '\n';
  } else {
    throw ProtocolError("the daemon's answer has a line that is none of the protocol: " +
                        quote(line));
  }
  return false;
}

ControlAnswer ask(const std::string& socket_path, std::string_view command) {
  const Fd fd = connect_to(socket_path);
  send_all(fd.get(), std::string(command) + '\n', socket_path);
  ControlAnswer answer;
  std::size_t total = 0;
  const bool ended = read_lines(fd.get(), socket_path, total, [&](std::string_view line) {
    if (total > kMaxAnswer) throw ProtocolError("the daemon's answer has more than 256 MiB");
    return add_line(answer, line);
  });
  if (!ended) throw ProtocolError("the daemon closed the connection within its answer");
  return answer;
}

ControlAnswer follow(const std::string& socket_path, std::string_view command,
                     const std::function<void(const std::string& row)>& take) {
  const Fd fd = connect_to(socket_path, std::chrono::seconds(0));
  send_all(fd.get(), std::string(command) + '\n', socket_path);
  ControlAnswer answer;
  std::size_t total = 0;
  read_lines(fd.get(), socket_path, total, [&](std::string_view line) {
    const bool ended = add_line(answer, line);
    for (const std::string& row : answer.rows) take(row);
    answer.rows.clear();
    return ended;
  });
  return answer;
}

}  // namespace sluice::tools::control
