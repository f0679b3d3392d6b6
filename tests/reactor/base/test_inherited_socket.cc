// The endpoint of a socket that somebody else has opened, and what cannot be served on.
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "reactor/base/inherited_socket.h"
#include <sluice/fd.h>

using namespace sluice;

namespace {

Fd bound(int family, int type) {
  Fd fd(::socket(family, type, 0));
  const Address local = Address::loopback(family, 0);
  cr_assert(::bind(fd.get(), local.data(), local.size()) == 0);
  if (type == SOCK_STREAM) cr_assert(::listen(fd.get(), 1) == 0);
  return fd;
}

void expect_error(int fd, int wanted, const std::string& why) {
  try {
    const Endpoint found = inherited_endpoint(fd);
    cr_assert_fail("%s", found.to_string().c_str());
  } catch (const std::system_error& error) {
    const std::string text = "descriptor " + std::to_string(fd) + why;
    cr_expect(error.code().value() == wanted);
    cr_expect(std::string(error.what()).starts_with(text), "%s", error.what());
  }
}

}  // namespace

Test(inherited_socket, the_type_of_the_socket_is_the_scheme) {
  for (const int family : {AF_INET, AF_INET6}) {
    const Fd stream = bound(family, SOCK_STREAM);
    cr_expect(inherited_endpoint(stream.get()) ==
              Endpoint(Scheme::tcp, Address::local_of(stream.get())));
    const Fd datagrams = bound(family, SOCK_DGRAM);
    cr_expect(inherited_endpoint(datagrams.get()) ==
              Endpoint(Scheme::udp, Address::local_of(datagrams.get())));
  }
  const Fd local(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  cr_assert(::bind(local.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(sa_family_t)) ==
            0);  // an abstract name of the system's choice
  cr_assert(::listen(local.get(), 1) == 0);
  cr_expect(inherited_endpoint(local.get()).scheme() == Scheme::unix_stream);
}

Test(inherited_socket, a_socket_of_both_families_is_a_star) {
  const int off = 0;
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const Fd fd(::socket(AF_INET6, type, 0));
    cr_assert(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0);
    const Address any = Address::any(AF_INET6, 0);
    cr_assert(::bind(fd.get(), any.data(), any.size()) == 0);
    if (type == SOCK_STREAM) cr_assert(::listen(fd.get(), 1) == 0);
    cr_expect(inherited_endpoint(fd.get()).any_family());
  }
}

Test(inherited_socket, nothing_else_is_served_on) {
  expect_error(::socket(AF_INET, SOCK_STREAM, 0), EINVAL, " does not listen");
  expect_error(::socket(AF_INET, SOCK_DGRAM, 0), EINVAL, " is not bound to a port");
  expect_error(::socket(AF_UNIX, SOCK_DGRAM, 0), EINVAL, " is not a UDP socket");
  expect_error(::socket(AF_UNIX, SOCK_SEQPACKET, 0), EINVAL, " is neither a stream nor a UDP");
  int both[2];
  cr_assert(::pipe(both) == 0);
  expect_error(both[0], ENOTSOCK, " is not a socket");
  expect_error(-1, EBADF, "");
}
