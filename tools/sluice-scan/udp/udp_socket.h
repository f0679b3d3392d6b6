// One socket for all UDP targets of a family: datagrams out, answers and ICMP messages in.
//
// What it is: an unconnected socket with IP_RECVERR, so that the kernel queues each ICMP message
// with the target that it is about. A socket for each target would cost a descriptor each.
// Lifetime: a value. Thread: one. Errors: errno, 0 for success. No function blocks.
// Source: Linux's ip(7), ipv6(7), udp(7); RFC 792, RFC 4443.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_SOCKET_H
#define SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_SOCKET_H

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "../../../reactor/base/address.h"
#include "../../../reactor/base/fd.h"
#include "../listings/port_state.h"

namespace sluice::tools::scan {

class UdpSocket {
 public:
  static constexpr std::size_t kMaxAnswer = 2048;  // bytes of an answer; the rest is cut

  struct Answer {
    Address from;
    std::string_view bytes;  // until the next receive()
  };
  struct Unreachable {
    Address target;
    PortState state = PortState::failed;
    int error = 0;
  };

  // `local` may be of another family; the socket is then bound to no address.
  int open(int family, const std::optional<Address>& local);
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  // EAGAIN: try again later. Other errors are about `to`.
  int send(const Address& to, std::string_view bytes) noexcept;
  std::optional<Answer> receive() noexcept;  // nothing: there is none now
  // The same. `state` is "failed" if the message says nothing of the target.
  std::optional<Unreachable> take_message() noexcept;

 private:
  Fd fd_;
  std::array<char, kMaxAnswer> buffer_;
};

// What an ICMP message says of a UDP port. `type` and `code` of ICMPv4, or of ICMPv6.
PortState state_of_icmp(bool v6, unsigned type, unsigned code) noexcept;

}  // namespace sluice::tools::scan

#endif
