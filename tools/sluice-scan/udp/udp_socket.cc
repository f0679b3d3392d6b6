#include "udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "../../../reactor/connect/connect_socket.h"

#ifdef __linux__
#include <linux/errqueue.h>  // needs timespec, from <ctime>
#endif

namespace sluice::tools::scan {
namespace {

// The kernel charges each ICMP message to the receive buffer, about a kilobyte.
constexpr int kReceiveBuffer = 4 * 1024 * 1024;
// Sending reports an ICMP message about an earlier target first, and sends nothing.
constexpr int kTries = 4;

// Only a message about an earlier target has this error, or the kernel may have it for now.
bool is_for_now(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
    case EINTR:
      return true;
    default:
      return false;
  }
}

#ifdef __linux__

std::optional<sock_extended_err> error_in(msghdr& message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
    const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
    sock_extended_err error;
    if ((!v4 && !v6) || part->cmsg_len < CMSG_LEN(sizeof error)) continue;
    std::memcpy(&error, CMSG_DATA(part), sizeof error);
    return error;
  }
  return std::nullopt;
}

// Asks for the ICMP messages about what the socket has sent. Returns an errno value, or 0.
int want_messages(int fd, int family) noexcept {
  const int on = 1;
  const bool v6 = family == AF_INET6;
  const int result = ::setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                  v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
  return result == 0 ? 0 : errno;
}

#else

// Without the queue of errors there is no way to tell a closed port from one that is silent.
int want_messages(int, int) noexcept { return EOPNOTSUPP; }

#endif

}  // namespace

int UdpSocket::open(int family, const std::optional<Address>& local) {
  fd_ = Fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return errno;
  if (const int error = want_messages(fd_.get(), family); error != 0) return error;
  // As much of it as the system allows.
  (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  const Address from = local && local->family() == family ? *local : Address::any(family, 0);
  return ::bind(fd_.get(), from.data(), from.size()) == 0 ? 0 : errno;
}

int UdpSocket::send(const Address& to, std::string_view bytes) noexcept {
  int error = 0;
  for (int i = 0; i < kTries; ++i) {
    if (::sendto(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.data(),
                 to.size()) >= 0) {
      return 0;
    }
    error = errno;
  }
  return is_for_now(error) ? EAGAIN : error;
}

std::optional<UdpSocket::Answer> UdpSocket::receive() noexcept {
  for (int i = 0; i < kTries; ++i) {
    Answer answer;
    socklen_t size = Address::capacity();
    const ssize_t count = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                     answer.from.data(), &size);
    if (count >= 0) {
      answer.from.set_size(size);
      answer.bytes = {buffer_.data(), static_cast<std::size_t>(count)};
      return answer;
    }
    if (errno == EAGAIN) break;
    // The error of a message, which take_message() returns.
  }
  return std::nullopt;
}

#ifdef __linux__
std::optional<UdpSocket::Unreachable> UdpSocket::take_message() noexcept {
  alignas(cmsghdr) std::array<char, 256> control;
  Unreachable about;
  msghdr message{};
  message.msg_name = about.target.data();
  message.msg_namelen = Address::capacity();
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(fd_.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
  about.target.set_size(message.msg_namelen);
  const auto error = error_in(message);
  if (!error) return about;
  about.error = static_cast<int>(error->ee_errno);
  if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6) {
    about.state =
        state_of_icmp(error->ee_origin == SO_EE_ORIGIN_ICMP6, error->ee_type, error->ee_code);
  }
  return about;
}
#else
std::optional<UdpSocket::Unreachable> UdpSocket::take_message() noexcept { return std::nullopt; }
#endif

PortState state_of_icmp(bool v6, unsigned type, unsigned code) noexcept {
  constexpr unsigned kUnreachable4 = 3, kUnreachable6 = 1;
  if (type != (v6 ? kUnreachable6 : kUnreachable4)) return PortState::failed;
  if (v6) {
    if (code == 4) return PortState::closed;                                 // the port
    if (code == 0 || code == 2 || code == 3) return PortState::unreachable;  // the host
    return PortState::filtered;                                              // prohibited, rejected
  }
  if (code == 3) return PortState::closed;
  constexpr unsigned kProtocol = 2, kNetProhibited = 9, kHostProhibited = 10, kProhibited = 13;
  const bool filtered =
      code == kProtocol || code == kNetProhibited || code == kHostProhibited || code >= kProhibited;
  if (code == 4) return PortState::failed;  // too long for a link: says nothing of the port
  return filtered ? PortState::filtered : PortState::unreachable;
}

}  // namespace sluice::tools::scan
