// A connection to an open port, as the scanner reads it: both ends of a pair of sockets.
#ifndef SLUICE_TESTS_SUPPORT_SCAN_PAIR_H
#define SLUICE_TESTS_SUPPORT_SCAN_PAIR_H

#include <sys/socket.h>

#include <string>

#include <criterion/criterion.h>

#include <sluice/fd.h>

namespace sluice::test {

struct ScanPair {
  ScanPair() {
    int ends[2];
    cr_assert(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    ours = Fd(ends[0]);
    peer = Fd(ends[1]);
  }
  void say(const std::string& text) {
    cr_assert(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(text.size()));
  }
  Fd ours;
  Fd peer;
};

}  // namespace sluice::test

#endif
