// The owning descriptor closes exactly its own descriptor, once, and at the right time.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/fd.h>

using sluice::Fd;

namespace {

int open_null() {
  const int fd = ::open("/dev/null", O_RDWR);
  cr_assert(fd >= 0, "open(/dev/null): errno %d", errno);
  return fd;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

Test(fd, is_empty_by_default) {
  const Fd none;
  cr_expect(none.get() == -1);
  cr_expect(!static_cast<bool>(none));
}

Test(fd, is_empty_with_a_negative_number) {
  const Fd none(-1);
  cr_expect(!static_cast<bool>(none));
}

Test(fd, is_not_empty_with_descriptor_0) {
  Fd zero(0);
  cr_expect(static_cast<bool>(zero));
  cr_expect(zero.release() == 0);
}

Test(fd, closes_when_it_is_destroyed) {
  const int raw = open_null();
  {
    const Fd fd(raw);
    cr_expect(fd.get() == raw);
    cr_expect(static_cast<bool>(fd));
    cr_expect(is_open(raw));
  }
  cr_expect(!is_open(raw));
}

Test(fd, moves_without_closing_and_is_empty_afterwards) {
  const int raw = open_null();
  Fd from(raw);
  const Fd to(std::move(from));
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): the state is promised
  cr_expect(from.get() == -1);
  cr_expect(to.get() == raw);
  cr_expect(is_open(raw));
}

Test(fd, closes_its_descriptor_when_another_is_moved_in) {
  const int first = open_null();
  const int second = open_null();
  Fd to(first);
  Fd from(second);
  to = std::move(from);
  cr_expect(!is_open(first));
  cr_expect(is_open(second));
  cr_expect(to.get() == second);
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): the state is promised
  cr_expect(from.get() == -1);
}

Test(fd, survives_a_move_to_itself) {
  const int raw = open_null();
  Fd fd(raw);
  Fd& alias = fd;
  fd = std::move(alias);
  cr_expect(fd.get() == raw);
  cr_expect(is_open(raw));
}

Test(fd, swaps_without_closing) {
  const int first = open_null();
  const int second = open_null();
  Fd a(first);
  Fd b(second);
  std::swap(a, b);
  cr_expect(a.get() == second);
  cr_expect(b.get() == first);
  cr_expect(is_open(first) && is_open(second));
}

Test(fd, releases_the_descriptor_without_closing) {
  const int raw = open_null();
  {
    Fd fd(raw);
    cr_expect(fd.release() == raw);
    cr_expect(!static_cast<bool>(fd));
  }
  cr_expect(is_open(raw));
  ::close(raw);
}

Test(fd, closes_the_old_descriptor_on_reset_and_owns_the_new_one) {
  const int first = open_null();
  const int second = open_null();
  Fd fd(first);
  fd.reset(second);
  cr_expect(!is_open(first));
  cr_expect(fd.get() == second);
  fd.reset();
  cr_expect(!is_open(second));
  cr_expect(fd.get() == -1);
  fd.reset();
}

Test(fd, preserves_errno_also_when_close_fails) {
  const int raw = open_null();
  Fd fd(raw);
  ::close(raw);
  errno = EADDRINUSE;
  fd.reset();
  cr_expect(errno == EADDRINUSE, "errno is %d", errno);
}

Test(fd, survives_in_a_vector_that_grows) {
  std::vector<Fd> fds;
  std::vector<int> raws;
  for (int i = 0; i < 20; ++i) {
    raws.push_back(open_null());
    fds.emplace_back(raws.back());
  }
  for (const int raw : raws) cr_expect(is_open(raw));
  fds.clear();
  for (const int raw : raws) cr_expect(!is_open(raw));
}

Test(fd, is_only_movable_and_as_large_as_an_int) {
  cr_expect(!std::is_copy_constructible_v<Fd>);
  cr_expect(!std::is_copy_assignable_v<Fd>);
  cr_expect(std::is_nothrow_move_constructible_v<Fd>);
  cr_expect(std::is_nothrow_move_assignable_v<Fd>);
  cr_expect(sizeof(Fd) == sizeof(int));
}

#ifndef NDEBUG
Test(fd, asserts_that_reset_gets_another_descriptor, .signal = SIGABRT) {
  Fd fd(open_null());
  fd.reset(fd.get());
}
#endif

Test(set_nonblocking_cloexec, sets_both_and_keeps_the_other_flags) {
  const Fd fd(::open("/dev/null", O_WRONLY | O_APPEND));
  cr_assert((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) == 0);
  cr_assert((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) == 0);
  for (int i = 0; i < 2; ++i) {
    sluice::set_nonblocking_cloexec(fd.get());
    cr_expect((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0);
    cr_expect((::fcntl(fd.get(), F_GETFL) & O_APPEND) != 0);
    cr_expect((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

Test(set_nonblocking_cloexec, throws_the_errno_and_the_name_of_the_call) {
  try {
    sluice::set_nonblocking_cloexec(-1);
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::bad_file_descriptor);
    cr_expect(std::string(error.what()).find("fcntl(F_GETFL)") == 0, "%s", error.what());
  }
}
