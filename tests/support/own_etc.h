// An empty /etc for a test.
//
// Criterion forks for each test, so the process may leave the host's files permanently.
#ifndef SLUICE_TESTS_SUPPORT_OWN_ETC_H
#define SLUICE_TESTS_SUPPORT_OWN_ETC_H

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <criterion/criterion.h>

namespace sluice::test {

// Skips the test, with the reason, if the machine does not allow it. Call enter_network_namespace()
// first, which may make the process the superuser of a namespace.
inline void enter_own_etc() {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", "none", MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", "/etc", "tmpfs", 0, nullptr) != 0) {
    cr_skip_test("this machine forbids a mount namespace: %s", std::strerror(errno));
  }
}

inline void write_etc(const std::string& name, const std::string& text) {
  std::ofstream file("/etc/" + name);
  file << text;
  cr_assert(file.flush().good(), "/etc/%s", name.c_str());
}

}  // namespace sluice::test

#endif
