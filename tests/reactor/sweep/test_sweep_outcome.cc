// The outcome for each errno of connect(), and for ICMP messages.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <initializer_list>

#include <criterion/criterion.h>

#include "reactor/sweep/sweep_outcome.h"
#include "support/addresses.h"

using namespace sluice;
using namespace sluice::test;

namespace {

void expect_connect(SweepOutcome outcome, std::initializer_list<int> errors) {
  for (const int error : errors) {
    cr_expect(outcome_of_connect(error, ip("192.0.2.1", 80)) == outcome, "errno %d", error);
  }
}

}  // namespace

Test(sweep_outcome, of_connect_is_that_of_the_page) {
  expect_connect(SweepOutcome::open, {0, EISCONN, ECONNRESET, EPIPE});
  expect_connect(SweepOutcome::under_way, {EINPROGRESS, EALREADY, EINTR});
  expect_connect(SweepOutcome::closed, {ECONNREFUSED});
  expect_connect(SweepOutcome::silent, {ETIMEDOUT});
  expect_connect(SweepOutcome::filtered, {EACCES, ENOPROTOOPT, EPROTO, EINVAL});
  expect_connect(SweepOutcome::unreachable, {ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, EOPNOTSUPP});
  expect_connect(SweepOutcome::wait, {EADDRINUSE, EAGAIN, ENOBUFS, ENOMEM, ECONNABORTED});
  expect_connect(SweepOutcome::failed,
                 {EPERM, EAFNOSUPPORT, ENODEV, ENETDOWN, EBADF, ENOTSOCK, EPROTOTYPE, EIO});
}

Test(sweep_outcome, of_a_link_local_address_without_its_zone_is_failed) {
  cr_expect(outcome_of_connect(EINVAL, ip("fe80::1", 80)) == SweepOutcome::failed);
  cr_expect(outcome_of_connect(EINVAL, ip("2001:db8::1", 80)) == SweepOutcome::filtered);
}

Test(sweep_outcome, without_a_free_local_port_is_wait) {
  // The host has a source address for loopback, so the ports must have run out.
  cr_expect(has_source(ip("127.0.0.1", 80)));
  cr_expect(outcome_of_connect(EADDRNOTAVAIL, ip("127.0.0.1", 80)) == SweepOutcome::wait);
}

Test(sweep_outcome, of_a_socket_that_cannot_be_opened_is_wait_or_failed) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN, EADDRINUSE}) {
    cr_expect(outcome_of_socket(error) == SweepOutcome::wait, "errno %d", error);
  }
  for (const int error : {EADDRNOTAVAIL, EAFNOSUPPORT, ENODEV, EPERM, ENOTSUP, EACCES}) {
    cr_expect(outcome_of_socket(error) == SweepOutcome::failed, "errno %d", error);
  }
}

Test(sweep_outcome, recognizes_icmp_messages_that_prohibit) {
  for (const unsigned code : {9U, 10U, 13U, 14U, 15U}) cr_expect(is_prohibition(3, code));
  for (const unsigned code : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 11U, 12U, 16U}) {
    cr_expect(!is_prohibition(3, code), "code %u", code);
  }
  cr_expect(!is_prohibition(11, 13));
}

Test(sweep_outcome, of_no_icmp_message_is_empty) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  cr_expect(!icmp_about(fd, ip("127.0.0.1", 1)));
  ::close(fd);
}

#if defined(__linux__) && !defined(SLUICE_PORTABLE)
Test(sweep_outcome, finds_that_linux_reuses_a_refused_socket) {
  for (int i = 0; i < 20; ++i) cr_expect(refused_socket_connects_again());
}
#else
Test(sweep_outcome, does_not_reuse_a_refused_socket_with_plain_posix) {
  cr_expect(!refused_socket_connects_again());
}
#endif
