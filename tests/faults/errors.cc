// How each call can fail: what POSIX.1-2017 and the Linux man pages (man-pages 6.03) list for it,
// EAGAIN and EINTR included.
//
// Left out everywhere are EFAULT and what is a bug of the caller whatever the system does, where
// the kernel could not say so of these arguments and libev aborts on it; errors_of() says where.
#include <cerrno>

#include "injector.h"

namespace sluice::faults {
namespace {

// socket(2), socket(3p)
constexpr int kSocket[] = {EMFILE,       ENFILE,          ENOBUFS,    ENOMEM, EACCES,
                           EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, EINVAL};
// socketpair(2), socketpair(3p)
constexpr int kSocketpair[] = {EMFILE,       ENFILE,     ENOBUFS,         ENOMEM,    EACCES,
                               EAFNOSUPPORT, EOPNOTSUPP, EPROTONOSUPPORT, EPROTOTYPE};
// bind(2), bind(3p), and what they list for AF_UNIX
constexpr int kBind[] = {EADDRINUSE,   EADDRNOTAVAIL, EACCES,  EAFNOSUPPORT, EALREADY, EBADF,
                         EDESTADDRREQ, EINPROGRESS,   EINVAL,  EIO,          EISCONN,  EISDIR,
                         ELOOP,        ENAMETOOLONG,  ENOBUFS, ENOENT,       ENOMEM,   ENOTDIR,
                         ENOTSOCK,     EOPNOTSUPP,    EROFS};
// listen(2), listen(3p)
constexpr int kListen[] = {EADDRINUSE, EACCES,  EBADF,    EDESTADDRREQ,
                           EINVAL,     ENOBUFS, ENOTSOCK, EOPNOTSUPP};
// accept(2) with the pending errors of Linux, accept(3p)
constexpr int kAccept[] = {EAGAIN,      EINTR,     ECONNABORTED,    EMFILE,          ENFILE,
                           ENOBUFS,     ENOMEM,    EPERM,           EPROTO,          ENETDOWN,
                           ENOPROTOOPT, EHOSTDOWN, ENONET,          EHOSTUNREACH,    EOPNOTSUPP,
                           ENETUNREACH, ENOSR,     ESOCKTNOSUPPORT, EPROTONOSUPPORT, ETIMEDOUT,
                           EBADF,       EINVAL,    ENOTSOCK};
// connect(2), connect(3p). After EINTR and EINPROGRESS it goes on by itself.
constexpr int kConnect[] = {
    EINTR,      EINPROGRESS,   EAGAIN,       ECONNREFUSED, ETIMEDOUT,    EACCES,     EPERM,
    EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EALREADY,     EBADF,        ECONNRESET, EHOSTUNREACH,
    EINVAL,     EIO,           EISCONN,      ELOOP,        ENAMETOOLONG, ENETDOWN,   ENETUNREACH,
    ENOBUFS,    ENOENT,        ENOTDIR,      ENOTSOCK,     EOPNOTSUPP,   EPROTOTYPE};
// recv(2), recv(3p), recvfrom(3p)
constexpr int kRecv[] = {kShort,  EAGAIN, EINTR, ECONNRESET, ECONNREFUSED, ETIMEDOUT, EIO,
                         ENOBUFS, ENOMEM, EBADF, EINVAL,     ENOTCONN,     ENOTSOCK,  EOPNOTSUPP};
// recvmsg(2), recvmsg(3p)
constexpr int kRecvmsg[] = {EAGAIN,   EINTR,    ECONNRESET, ECONNREFUSED, ETIMEDOUT,
                            EIO,      ENOBUFS,  ENOMEM,     EBADF,        EINVAL,
                            EMSGSIZE, ENOTCONN, ENOTSOCK,   EOPNOTSUPP};
// recvmmsg(2): those of recvmsg(2) and EINVAL
constexpr int kRecvmmsg[] = {kShort,    EAGAIN,   EINTR,    ECONNREFUSED, ECONNRESET,
                             ETIMEDOUT, EIO,      ENOBUFS,  ENOMEM,       EBADF,
                             EINVAL,    EMSGSIZE, ENOTCONN, ENOTSOCK,     EOPNOTSUPP};
// send(2), send(3p), sendto(3p), udp(7)
constexpr int kSend[] = {kShort,   EAGAIN,       EINTR,     EPIPE,  ECONNRESET,   ECONNREFUSED,
                         EACCES,   EAFNOSUPPORT, EALREADY,  EBADF,  EDESTADDRREQ, EHOSTUNREACH,
                         EINVAL,   EIO,          EISCONN,   ELOOP,  EMSGSIZE,     ENAMETOOLONG,
                         ENETDOWN, ENETUNREACH,  ENOBUFS,   ENOENT, ENOMEM,       ENOTCONN,
                         ENOTDIR,  ENOTSOCK,     EOPNOTSUPP};
// sendmsg(2), sendmsg(3p), udp(7); sendmmsg(2) has the same
constexpr int kSendmsg[] = {kShort,   EAGAIN,       EINTR,     EPIPE,  ECONNRESET,   ECONNREFUSED,
                            EACCES,   EAFNOSUPPORT, EALREADY,  EBADF,  EDESTADDRREQ, EHOSTUNREACH,
                            EINVAL,   EIO,          EISCONN,   ELOOP,  EMSGSIZE,     ENAMETOOLONG,
                            ENETDOWN, ENETUNREACH,  ENOBUFS,   ENOENT, ENOMEM,       ENOTCONN,
                            ENOTDIR,  ENOTSOCK,     EOPNOTSUPP};
// setsockopt(2), setsockopt(3p), socket(7), ip(7)
constexpr int kSetsockopt[] = {ENOPROTOOPT, EINVAL,   ENOMEM, ENOBUFS, EBADF,        EDOM,
                               EISCONN,     ENOTSOCK, EPERM,  ENODEV,  EADDRNOTAVAIL};
// getsockopt(2), getsockopt(3p)
constexpr int kGetsockopt[] = {ENOPROTOOPT, EINVAL, ENOBUFS, EACCES, EBADF, ENOTSOCK};
// getsockname(2), getsockname(3p)
constexpr int kGetsockname[] = {ENOBUFS, EINVAL, EBADF, ENOTSOCK, EOPNOTSUPP};
// getpeername(2), getpeername(3p)
constexpr int kGetpeername[] = {ENOTCONN, ENOBUFS, EINVAL, EBADF, ENOTSOCK, EOPNOTSUPP};
// shutdown(2), shutdown(3p)
constexpr int kShutdown[] = {ENOTCONN, ENOBUFS, EBADF, EINVAL, ENOTSOCK};
// epoll_create1(2)
constexpr int kEpollCreate[] = {EMFILE, ENFILE, ENOMEM, EINVAL};
// epoll_ctl(2). EBADF, EEXIST, EINVAL, ELOOP, ENOENT and EPERM would be untrue of an open socket
// that is watched once, and libev believes them: it aborts, or takes it for always ready.
constexpr int kEpollCtl[] = {ENOMEM, ENOSPC};
constexpr int kEpollWait[] = {EINTR};  // epoll_wait(2). libev aborts on EBADF and EINVAL.
// poll(2), poll(3p)
constexpr int kPoll[] = {EINTR, EAGAIN, ENOMEM, EINVAL};
// select(2), select(3p), and the errors of poll() that libev gets. On ENOMEM libev stops watching
// the descriptor with the highest number, which may be its own wake-up, without a report; on EINVAL
// it aborts.
constexpr int kSelect[] = {EINTR};
constexpr int kPollOfLibev[] = {EINTR};
// eventfd(2)
constexpr int kEventfd[] = {EMFILE, ENFILE, ENODEV, ENOMEM, EINVAL};
// pipe(2), pipe(3p)
constexpr int kPipe[] = {EMFILE, ENFILE};
// timerfd_create(2)
constexpr int kTimerfd[] = {EMFILE, ENFILE, ENODEV, ENOMEM, EPERM, EINVAL};
// open(2), open(3p)
constexpr int kOpen[] = {EMFILE,    ENFILE, EACCES, EINTR,  EAGAIN,  EDQUOT, EEXIST,
                         EFBIG,     EINVAL, EIO,    EISDIR, ELOOP,   EBUSY,  ENAMETOOLONG,
                         ENODEV,    ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENXIO,  EOPNOTSUPP,
                         EOVERFLOW, EPERM,  EROFS,  ETXTBSY};
// read(2), read(3p)
constexpr int kRead[] = {kShort, EAGAIN,  EINTR,  EIO,      ECONNRESET, EBADF,     EINVAL,
                         EISDIR, ENOBUFS, ENOMEM, ENOTCONN, ENXIO,      EOVERFLOW, ETIMEDOUT};
// write(2), write(3p)
constexpr int kWrite[] = {kShort, EAGAIN,   EINTR,       EPIPE,   ENOSPC,     EDQUOT,
                          EIO,    EFBIG,    EACCES,      EBADF,   ECONNRESET, EDESTADDRREQ,
                          EINVAL, ENETDOWN, ENETUNREACH, ENOBUFS, ENXIO,      EPERM};
// close(2): the descriptor is gone all the same
constexpr int kClose[] = {EINTR, EIO, ENOSPC, EDQUOT};
// fcntl(2), fcntl(3p): for the commands that get and set flags
constexpr int kFcntl[] = {EBADF, EINVAL, EPERM};
constexpr int kIoctl[] = {EBADF, EINVAL, ENOTTY, EINTR, EIO, ENXIO};  // ioctl(2), ioctl(3p)
// stat(2), lstat(3p)
constexpr int kLstat[] = {EACCES, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EOVERFLOW};
// unlink(2), unlink(3p)
constexpr int kUnlink[] = {EACCES, EBUSY,  EIO,     EISDIR, ELOOP, ENAMETOOLONG,
                           ENOENT, ENOMEM, ENOTDIR, EPERM,  EROFS, ETXTBSY};
// getifaddrs(3): those of socket, bind, getsockname, recvmsg, sendto, malloc
constexpr int kGetifaddrs[] = {ENOMEM, EMFILE,       ENFILE, ENOBUFS,
                               EACCES, EAFNOSUPPORT, EINVAL, EPROTONOSUPPORT};
constexpr int kGetrlimit[] = {EINVAL};         // getrlimit(2), getrlimit(3p)
constexpr int kSetrlimit[] = {EPERM, EINVAL};  // setrlimit(2), setrlimit(3p)
// stat(2), fstat(3p)
constexpr int kFstat[] = {EBADF, EIO, ENOMEM, EOVERFLOW};
// fsync(2), fsync(3p)
constexpr int kFsync[] = {EBADF, EDQUOT, EINTR, EINVAL, EIO, ENOSPC, EROFS};
// truncate(2), ftruncate(3p)
constexpr int kFtruncate[] = {EBADF, EFBIG, EINTR, EINVAL, EIO, EPERM};
// link(2), link(3p)
constexpr int kLink[] = {EACCES, EDQUOT, EEXIST, EIO,     ELOOP, EMLINK, ENAMETOOLONG,
                         ENOENT, ENOMEM, ENOSPC, ENOTDIR, EPERM, EROFS,  EXDEV};
// lseek(2), lseek(3p)
constexpr int kLseek[] = {EBADF, EINVAL, ENXIO, EOVERFLOW, ESPIPE};
// pread(2), pread(3p)
constexpr int kPread[] = {kShort, EAGAIN,  EINTR,  EBADF, EINVAL,    EIO,
                          EISDIR, ENOBUFS, ENOMEM, ENXIO, EOVERFLOW, ESPIPE};
// rename(2), rename(3p)
constexpr int kRename[] = {EACCES,       EBUSY,   EDQUOT,    EEXIST, EINVAL, EIO,
                           EISDIR,       ELOOP,   EMLINK,    ENOENT, ENOMEM, ENOSPC,
                           ENAMETOOLONG, ENOTDIR, ENOTEMPTY, EPERM,  EROFS,  EXDEV};
// sendfile(2)
constexpr int kSendfile[] = {kShort, EAGAIN, EINTR,     EBADF, EINVAL,
                             EIO,    ENOMEM, EOVERFLOW, EPIPE, ESPIPE};
constexpr int kMalloc[] = {ENOMEM};  // malloc(3), malloc(3p)

struct Entry {
  Call call;
  std::string_view name;
  std::span<const int> errors;
};
constexpr Entry kTable[] = {
    {Call::socket, "socket", kSocket},
    {Call::socketpair, "socketpair", kSocketpair},
    {Call::bind, "bind", kBind},
    {Call::listen, "listen", kListen},
    {Call::accept, "accept", kAccept},
    {Call::connect, "connect", kConnect},
    {Call::recv, "recv", kRecv},
    {Call::recvmsg, "recvmsg", kRecvmsg},
    {Call::recvmmsg, "recvmmsg", kRecvmmsg},
    {Call::send, "send", kSend},
    {Call::sendmsg, "sendmsg", kSendmsg},
    {Call::sendmmsg, "sendmmsg", kSendmsg},
    {Call::setsockopt, "setsockopt", kSetsockopt},
    {Call::getsockopt, "getsockopt", kGetsockopt},
    {Call::getsockname, "getsockname", kGetsockname},
    {Call::getpeername, "getpeername", kGetpeername},
    {Call::shutdown, "shutdown", kShutdown},
    {Call::epoll_create1, "epoll_create1", kEpollCreate},
    {Call::epoll_ctl, "epoll_ctl", kEpollCtl},
    {Call::epoll_wait, "epoll_wait", kEpollWait},
    {Call::poll, "poll", kPoll},
    {Call::select, "select", kSelect},
    {Call::eventfd, "eventfd", kEventfd},
    {Call::pipe, "pipe", kPipe},
    {Call::timerfd_create, "timerfd_create", kTimerfd},
    {Call::open, "open", kOpen},
    {Call::read, "read", kRead},
    {Call::write, "write", kWrite},
    {Call::close, "close", kClose},
    {Call::fcntl, "fcntl", kFcntl},
    {Call::ioctl, "ioctl", kIoctl},
    {Call::lstat, "lstat", kLstat},
    {Call::unlink, "unlink", kUnlink},
    {Call::getifaddrs, "getifaddrs", kGetifaddrs},
    {Call::getrlimit, "getrlimit", kGetrlimit},
    {Call::setrlimit, "setrlimit", kSetrlimit},
    {Call::fstat, "fstat", kFstat},
    {Call::fsync, "fsync", kFsync},
    {Call::ftruncate, "ftruncate", kFtruncate},
    {Call::link, "link", kLink},
    {Call::lseek, "lseek", kLseek},
    {Call::pread, "pread", kPread},
    {Call::rename, "rename", kRename},
    {Call::sendfile, "sendfile", kSendfile},
    {Call::writev, "writev", kWrite},  // writev(2), writev(3p)
    {Call::malloc, "malloc", kMalloc},
};
static_assert(std::size(kTable) == kCalls);

constexpr const Entry& entry_of(Call call) noexcept {
  return kTable[static_cast<std::size_t>(call)];
}
static_assert(entry_of(Call::malloc).call == Call::malloc);
static_assert(entry_of(Call::epoll_ctl).call == Call::epoll_ctl);

}  // namespace

std::string_view name_of(Call call) noexcept { return entry_of(call).name; }

std::span<const int> errors_of(Call call, Origin origin) noexcept {
  if (origin == Origin::program) return entry_of(call).errors;
  // The dynamic loader ends the process when it finds no memory for a thread's variables.
  if (origin == Origin::loader) return {};
  switch (call) {
    // ev_realloc() aborts without memory.
    case Call::malloc:
      return {};
    // An eventfd that is written 1 to and read from when it is readable cannot fail (eventfd(2)),
    // and a wake-up that were lost could be found by nobody.
    case Call::read:
    case Call::write:
      return {};
    case Call::poll:
      return kPollOfLibev;
    // It is libev's last resort without an eventfd, and it aborts when there is no pipe either; the
    // loop asks for two descriptors before, so that nobody gets there.
    case Call::pipe:
      return {};
    default:
      return entry_of(call).errors;
  }
}

}  // namespace sluice::faults
