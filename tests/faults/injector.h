// Makes one chosen call of a program fail: the list of calls, the page that the driver writes the
// choice to and reads the outcome from, and the verdict on each call.
//
// What it is: half of a library that is linked before the C library (the other half,
// interpose_*.cc, has a function for each call). A program is linked with it or loads it with
// LD_PRELOAD. Then SLUICE_FAULTS names a file with the page, and counting begins with main().
// Calls are counted in two domains, because a program makes many more allocations than other calls.
// The n-th call of the domain fails in one of the ways that errors_of() lists for it: `variant`.
// Thread: any; no call of a thread fails while it holds an Exempt.
#ifndef SLUICE_TESTS_FAULTS_INJECTOR_H
#define SLUICE_TESTS_FAULTS_INJECTOR_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::faults {

enum class Call : std::uint8_t {
  socket,
  socketpair,
  bind,
  listen,
  accept,
  connect,
  recv,
  recvmsg,
  recvmmsg,
  send,
  sendmsg,
  sendmmsg,
  setsockopt,
  getsockopt,
  getsockname,
  getpeername,
  shutdown,
  epoll_create1,
  epoll_ctl,
  epoll_wait,
  poll,
  select,
  eventfd,
  pipe,
  timerfd_create,
  open,
  read,
  write,
  close,
  fcntl,
  ioctl,
  lstat,
  unlink,
  getifaddrs,
  getrlimit,
  setrlimit,
  fstat,
  fsync,
  ftruncate,
  link,
  lseek,
  pread,
  rename,
  sendfile,
  writev,
  malloc
};
inline constexpr std::size_t kCalls = 46;

enum class Domain : std::uint64_t { none, system, memory };
// The caller: libev does not survive all the errors that the program has to survive.
enum class Origin : std::uint8_t { program, libev, loader };

inline constexpr int kShort = 0;  // in the list of errors of a call: a short count

std::string_view name_of(Call call) noexcept;
// The ways that a call can fail in; empty when it must not.
std::span<const int> errors_of(Call call, Origin origin) noexcept;

// Shared with the driver: run.py reads and writes it as 64-bit words, in this order.
struct Page {
  Domain domain = Domain::none;
  std::uint64_t nth = 0;  // of the domain's calls, from 1
  std::uint64_t variant = 0;
  std::uint64_t wrap = 0;         // the variant is taken modulo the number of them
  std::uint64_t after_ready = 0;  // counting begins when "ready" has been written to descriptor 1
  // From here on it is the program that writes.
  std::uint64_t seen = 0;      // calls of the domain
  std::uint64_t variants = 0;  // of the n-th call
  std::uint64_t call = 0;      // the n-th
  std::uint64_t struck = 0;    // it failed
  std::uint64_t error = 0;     // errno, or kShort
  std::int64_t descriptor = -1;
  std::uint64_t ended = 0;  // main() returned, and then:
  std::int64_t blocks = 0;  // of memory that are not freed
  std::int64_t descriptors = 0;
};

struct Verdict {
  bool struck = false;
  int error = 0;
  [[nodiscard]] bool fails() const noexcept { return struck && error != kShort; }
  [[nodiscard]] bool falls_short() const noexcept { return struck && error == kShort; }
};
bool counts_here() noexcept;  // else judge() need not be asked
// `short_allowed`: kShort makes sense for these arguments.
Verdict judge(Call call, int descriptor, const void* caller, bool short_allowed = false) noexcept;

// For a program that is linked with this: the page, which it shares with its children.
void use_page(Page* page) noexcept;
void start_counting() noexcept;
void stop_counting() noexcept;
std::int64_t live_blocks() noexcept;
std::int64_t open_descriptors() noexcept;

// The calls of this thread neither count nor fail.
class Exempt {
 public:
  Exempt() noexcept;
  Exempt(const Exempt&) = delete;
  Exempt& operator=(const Exempt&) = delete;
  ~Exempt();
};

// For interpose_*.cc.
void count_block(std::int64_t change) noexcept;
void after_write(int descriptor, const void* bytes, std::size_t size) noexcept;

}  // namespace sluice::faults

#endif
