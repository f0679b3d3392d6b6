#include "system_calls.h"

#if defined(SLUICE_SECCOMP)
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#endif

namespace sluice::tools::daemon {

constexpr const char* kName = "seccomp";

#if defined(SLUICE_SECCOMP)
namespace {

// Names that the architecture does not have are skipped: newer calls have other names there.
constexpr const char* kAlways[] = {
    // descriptors
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "close",
    "lseek",
    "fstat",
    "fstat64",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "fcntl64",
    "pipe",
    "pipe2",
    "fsync",
    // the loop
    "poll",
    "ppoll",
    "ppoll_time64",
    "select",
    "pselect6",
    "pselect6_time64",
    "_newselect",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_settime64",
    "timerfd_gettime",
    // sockets that are there, and their connections
    "accept",
    "accept4",
    "listen",
    "recv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "recvmmsg_time64",
    "send",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "bind",
    "socketpair",  // to the process that takes over at an upgrade
    // memory; what maps or changes it has a rule below
    "munmap",
    "mremap",
    "madvise",
    "brk",
    // signals and time
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "sigaltstack",
    "rt_sigtimedwait",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "nanosleep",
    "gettimeofday",
    "time",
    "restart_syscall",
    // the process
    "exit",
    "exit_group",
    "getpid",
    "getppid",
    "getpgrp",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "ugetrlimit",
    "getrandom",
    "futex",
    "futex_time64",
    "sched_yield",
    "sched_getaffinity",
    "set_robust_list",
    "rseq",
    // paths; without `opens` there is nothing below the root, and "/proc" is not there
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "newfstatat",
    "fstatat64",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getcwd",
};

constexpr const char* kToOpen[] = {
    "open",   "openat", "getdents", "getdents64", "unlink",   "unlinkat", "umask",  "chmod",
    "fchmod", "lchown", "fchown",   "fchownat",   "fchmodat", "connect",  "statfs", "fstatfs",
};

// And what the program needs that is started, until it has confined itself as well.
constexpr const char* kToExecute[] = {
    "execve",
    "execveat",
    "fork",
    "vfork",
    "clone",
    "wait4",
    "waitid",
    "arch_prctl",
    "prctl",
    "set_tid_address",
    "seccomp",
    "setrlimit",
    "prlimit64",
    "kill",
    "getpgid",
    "setpgid",
    "getsid",
    "setsid",
    "mmap",
    "mmap2",
    "mprotect",
    "tgkill",
    "close_range",
    "chdir",
    "sendfile",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
};

constexpr unsigned kIoctls[] = {
    FIONREAD,    FIONBIO,      TIOCOUTQ,       TCGETS,         TCSETS,
    TCSETSW,     TCSETSF,      TIOCGWINSZ,     TIOCGPGRP,      SIOCGIFINDEX,
    SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCGIFADDR,
};

// What SCMP_A0() and its like make, with every member.
constexpr scmp_arg_cmp argument(unsigned index, scmp_compare how, scmp_datum_t value,
                                scmp_datum_t masked = 0) noexcept {
  return {index, how, value, masked};
}
constexpr scmp_datum_t as_datum(int value) noexcept { return static_cast<scmp_datum_t>(value); }

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (context_ == nullptr) {
      error_ = ENOMEM;
      return;
    }
    // A tree of comparisons instead of a list. And no slow-down of memory against other programs in
    // this process, of which there are none. An old library has neither.
    (void)::seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    (void)::seccomp_attr_set(context_, SCMP_FLTATR_CTL_SSB, 1);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    if (context_ != nullptr) ::seccomp_release(context_);
  }

  template <class... Conditions>
  void allow(const char* name, Conditions... conditions) {
    add(SCMP_ACT_ALLOW, name, conditions...);
  }
  template <std::size_t Size>
  void allow_all(const char* const (&names)[Size]) {
    for (const char* name : names) allow(name);
  }
  // Callers then use an older call in place of it.
  void deny_as_unknown(const char* name) { add(SCMP_ACT_ERRNO(ENOSYS), name); }

  // 0, or an errno.
  int apply() noexcept {
    if (error_ == 0) error_ = -::seccomp_load(context_);
    return error_;
  }

 private:
  template <class... Conditions>
  void add(std::uint32_t action, const char* name, Conditions... conditions) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (error_ != 0 || number == __NR_SCMP_ERROR) return;
    const int result =
        ::seccomp_rule_add(context_, action, number, sizeof...(conditions), conditions...);
    // EDOM: the architecture does not have the call.
    if (result != 0 && result != -EDOM) error_ = -result;
  }

  scmp_filter_ctx context_;
  int error_ = 0;
};

void allow_memory_without_programs(Filter& filter) {
  for (const char* name : {"mmap", "mmap2", "mprotect"}) {
    filter.allow(name, argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  }
}

void allow_sockets(Filter& filter, const SystemCallPlan& plan) {
  // For getifaddrs(3) and if_nametoindex(3). Without `opens` nothing can be connected, and there
  // is no other socket that could be bound.
  for (const int family : {AF_NETLINK, AF_UNIX}) {
    filter.allow("socket", argument(0, SCMP_CMP_EQ, as_datum(family)));
  }
  if (!plan.opens && !plan.connects) return;
  for (const int family : {AF_INET, AF_INET6}) {
    filter.allow("socket", argument(0, SCMP_CMP_EQ, as_datum(family)));
  }
}

}  // namespace

SandboxLayer restrict_system_calls(const SystemCallPlan& plan) {
  Filter filter;
  filter.allow_all(kAlways);
  filter.deny_as_unknown("clone3");
  for (const unsigned request : kIoctls) filter.allow("ioctl", argument(1, SCMP_CMP_EQ, request));
  allow_sockets(filter, plan);
  if (plan.opens) filter.allow_all(kToOpen);
  if (plan.connects) filter.allow("connect");
  if (plan.executes) {
    filter.allow_all(kToExecute);
  } else {
    allow_memory_without_programs(filter);
    // Of this process: no other one is made.
    constexpr scmp_datum_t kThread = CLONE_THREAD;
    if (plan.threads) filter.allow("clone", argument(0, SCMP_CMP_MASKED_EQ, kThread, kThread));
    // abort(3) and raise(3); asking for a limit, which sets none.
    filter.allow("tgkill", argument(0, SCMP_CMP_EQ, as_datum(::getpid())));
    filter.allow("prlimit64", argument(2, SCMP_CMP_EQ, 0));
  }
  if (const int error = filter.apply(); error != 0) {
    return {kName, false,
            "the filter cannot be applied: " + std::generic_category().message(error)};
  }
  return {kName, true,
          plan.executes ? "a list of system calls" : "a list of system calls, no exec"};
}

#else

SandboxLayer restrict_system_calls(const SystemCallPlan& /*plan*/) {
  return {kName, false, "the program was built without libseccomp"};
}

#endif

}  // namespace sluice::tools::daemon
