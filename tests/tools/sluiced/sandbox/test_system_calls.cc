// seccomp: what a confined child can still call.
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <criterion/criterion.h>

#include "tests/support/confined.h"
#include "tools/sluiced/sandbox/sandbox.h"
#include <sluice/fd.h>

using namespace sluice;
using namespace sluice::tools::daemon;
using test::error_of;

namespace {

constexpr SystemCallPlan kWorker{.opens = false, .executes = false};
constexpr SystemCallPlan kOpens{.opens = true, .executes = false};
constexpr SystemCallPlan kAll{.opens = true, .executes = true};

template <class Use>
int confined(const SystemCallPlan& plan, Use use) {
  return test::in_a_child([&plan, use] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return restrict_system_calls(plan).in_force ? use() : 255;
  });
}

void skip_without_seccomp() {
  if (not why_not_confined().empty()) cr_skip_test("an instrumented build");
  if (confined(kAll, [] { return 0; }) != 0) {
    cr_skip_test("there is no seccomp, or the program was built without libseccomp");
  }
}

int open_passwd() {
  const Fd file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  return error_of(file.get());
}

int make_socket(int family) {
  const Fd socket(::socket(family, SOCK_DGRAM, 0));
  return error_of(socket.get());
}

int start_true() {
  ::execl("/bin/true", "true", nullptr);
  return errno;
}

int map(int protection) {
  void* const memory = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? errno : 0;
}

// What a loop does all day.
int serve() {
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0) return errno;
  itimerspec soon{};
  soon.it_value.tv_nsec = 1'000'000;
  if (::timerfd_settime(timer.get(), 0, &soon, nullptr) != 0) return errno;
  if (::epoll_wait(epoll.get(), &event, 1, 5000) != 1) return 1;
  std::uint64_t count = 0;
  if (::read(timer.get(), &count, sizeof count) != sizeof count) return errno;
  std::vector<char> memory(16U << 20U, 'x');
  return memory.back() == 'x' ? 0 : 1;
}

}  // namespace

Test(system_calls, a_loop_goes_on) {
  skip_without_seccomp();
  for (const SystemCallPlan& plan : {kWorker, kOpens, kAll}) cr_expect(confined(plan, serve) == 0);
}

Test(system_calls, a_worker_opens_no_file_and_starts_no_program) {
  skip_without_seccomp();
  cr_expect(confined(kWorker, open_passwd) == EPERM);
  cr_expect(confined(kWorker, start_true) == EPERM);
  cr_expect(confined(kWorker, [] { return error_of(::fork()); }) == EPERM);
  cr_expect(confined(kOpens, open_passwd) == 0);
  cr_expect(confined(kOpens, start_true) == EPERM);
  cr_expect(confined(kAll, start_true) == 0);
}

Test(system_calls, a_worker_makes_no_socket_to_the_outside) {
  skip_without_seccomp();
  for (const int family : {AF_INET, AF_INET6, AF_PACKET}) {
    cr_expect(confined(kWorker, [family] { return make_socket(family); }) == EPERM);
  }
  cr_expect(confined(kOpens, [] { return make_socket(AF_INET); }) == 0);
  cr_expect(confined(kOpens, [] { return make_socket(AF_PACKET); }) == EPERM);
  cr_expect(confined(kWorker, [] {
              const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
              return error_of(::connect(socket.get(), nullptr, 0));
            }) == EPERM);
}

Test(system_calls, a_worker_lists_the_interfaces) {
  skip_without_seccomp();
  cr_expect(confined(kWorker, [] {
              ifaddrs* first = nullptr;
              if (::getifaddrs(&first) != 0) return errno;
              ::freeifaddrs(first);
              return ::if_nametoindex("lo") != 0 ? 0 : errno;
            }) == 0);
}

Test(system_calls, memory_cannot_become_a_program_where_none_is_started) {
  skip_without_seccomp();
  cr_expect(confined(kWorker, [] { return map(PROT_READ | PROT_WRITE); }) == 0);
  cr_expect(confined(kWorker, [] { return map(PROT_READ | PROT_EXEC); }) == EPERM);
  cr_expect(confined(kOpens, [] { return map(PROT_READ | PROT_EXEC); }) == EPERM);
}

Test(system_calls, what_no_service_needs_is_refused) {
  skip_without_seccomp();
  for (const SystemCallPlan& plan : {kWorker, kOpens, kAll}) {
    cr_expect(confined(plan, [] {
                return error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
              }) == EPERM);
    cr_expect(confined(plan, [] { return error_of(::syscall(SYS_mount, "", "", "", 0, "")); }) ==
              EPERM);
    cr_expect(confined(plan, [] { return error_of(::syscall(SYS_keyctl, 0, 0, 0)); }) == EPERM);
    cr_expect(confined(plan, [] { return error_of(::ioctl(0, TIOCSTI, "x")); }) == EPERM);
  }
  cr_expect(confined(kWorker, [] { return error_of(::kill(::getppid(), 0)); }) == EPERM);
}

Test(system_calls, a_limit_can_be_read_and_not_set) {
  skip_without_seccomp();
  cr_expect(confined(kWorker, [] {
              rlimit limit{};
              if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
              return error_of(::setrlimit(RLIMIT_NOFILE, &limit));
            }) == EPERM);
}

Test(system_calls, an_assertion_can_still_end_the_process) {
  skip_without_seccomp();
  cr_expect(confined(kWorker, [] {
              std::abort();
              return 0;
            }) == -1);
}
