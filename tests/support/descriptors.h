// The descriptors of the process, for tests that count them or run out of them.
#ifndef SLUICE_TESTS_SUPPORT_DESCRIPTORS_H
#define SLUICE_TESTS_SUPPORT_DESCRIPTORS_H

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/fd.h>

namespace sluice::test {

inline rlim_t raise_descriptor_limit() {
  rlimit limit{};
  cr_assert(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return limit.rlim_cur;
}

// How many are open.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) != -1 ? 1 : 0;
  return count;
}

// Uses up the descriptors that the process may still open, except `spare` of them.
class Hoard {
 public:
  explicit Hoard(std::size_t spare = 0) {
    rlimit limit{};
    cr_assert(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 256;  // few, so that the test is quick
    cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (;;) {
      Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!fd) break;
      held_.push_back(std::move(fd));
    }
    cr_assert(errno == EMFILE);
    give(spare);
  }
  void give(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) held_.pop_back();
  }
  void give_all() { held_.clear(); }

 private:
  std::vector<Fd> held_;
};

}  // namespace sluice::test

#endif
