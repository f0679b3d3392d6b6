// The calls on descriptors and files, what a loop waits with, and memory.
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "interpose.h"

using sluice::faults::attempt;
using sluice::faults::attempt_short;
using sluice::faults::Call;
using sluice::faults::Verdict;

SLUICE_FAULTS_FUNCTION int epoll_create1(int flags) noexcept {
  SLUICE_REAL(epoll_create1);
  return attempt(Call::epoll_create1, -1, SLUICE_CALLER, [&] { return real(flags); });
}

SLUICE_FAULTS_FUNCTION int epoll_ctl(int epoll, int what, int fd, epoll_event* event) noexcept {
  SLUICE_REAL(epoll_ctl);
  return attempt(Call::epoll_ctl, fd, SLUICE_CALLER, [&] { return real(epoll, what, fd, event); });
}

SLUICE_FAULTS_FUNCTION int epoll_wait(int epoll, epoll_event* events, int count, int timeout) {
  SLUICE_REAL(epoll_wait);
  return attempt(Call::epoll_wait, epoll, SLUICE_CALLER,
                 [&] { return real(epoll, events, count, timeout); });
}

SLUICE_FAULTS_FUNCTION int poll(pollfd* descriptors, nfds_t count, int timeout) {
  SLUICE_REAL(poll);
  return attempt(Call::poll, -1, SLUICE_CALLER, [&] { return real(descriptors, count, timeout); });
}

// What _FORTIFY_SOURCE makes of poll().
// NOLINTNEXTLINE(bugprone-reserved-identifier)
SLUICE_FAULTS_FUNCTION int __poll_chk(pollfd* descriptors, nfds_t count, int timeout,
                                      std::size_t /*room*/) {
  SLUICE_REAL(poll);
  return attempt(Call::poll, -1, SLUICE_CALLER, [&] { return real(descriptors, count, timeout); });
}

SLUICE_FAULTS_FUNCTION int select(int count, fd_set* readable, fd_set* writable, fd_set* other,
                                  timeval* timeout) {
  SLUICE_REAL(select);
  return attempt(Call::select, -1, SLUICE_CALLER,
                 [&] { return real(count, readable, writable, other, timeout); });
}

SLUICE_FAULTS_FUNCTION int eventfd(unsigned value, int flags) noexcept {
  SLUICE_REAL(eventfd);
  return attempt(Call::eventfd, -1, SLUICE_CALLER, [&] { return real(value, flags); });
}

SLUICE_FAULTS_FUNCTION int pipe(int* ends) noexcept {
  SLUICE_REAL(pipe);
  return attempt(Call::pipe, -1, SLUICE_CALLER, [&] { return real(ends); });
}

SLUICE_FAULTS_FUNCTION int pipe2(int* ends, int flags) noexcept {
  SLUICE_REAL(pipe2);
  return attempt(Call::pipe, -1, SLUICE_CALLER, [&] { return real(ends, flags); });
}

SLUICE_FAULTS_FUNCTION int timerfd_create(int clock, int flags) noexcept {
  SLUICE_REAL(timerfd_create);
  return attempt(Call::timerfd_create, -1, SLUICE_CALLER, [&] { return real(clock, flags); });
}

// The mode is passed on whether or not there was one: the system looks at it only with O_CREAT.
SLUICE_FAULTS_FUNCTION int open(const char* path, int flags, ...) {
  SLUICE_REAL(open);
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return attempt(Call::open, -1, SLUICE_CALLER, [&] { return real(path, flags, mode); });
}

// What _FORTIFY_SOURCE makes of open().
// NOLINTNEXTLINE(bugprone-reserved-identifier)
SLUICE_FAULTS_FUNCTION int __open_2(const char* path, int flags) {
  SLUICE_REAL(open);
  return attempt(Call::open, -1, SLUICE_CALLER, [&] { return real(path, flags); });
}

// c-ares reads its files by way of it.
SLUICE_FAULTS_FUNCTION FILE* fopen(const char* path, const char* mode) {
  SLUICE_REAL(fopen);
  const Verdict verdict = judge(Call::open, -1, SLUICE_CALLER);
  if (!verdict.fails()) return real(path, mode);
  errno = verdict.error;
  return nullptr;
}

SLUICE_FAULTS_FUNCTION int openat(int at, const char* path, int flags, ...) {
  SLUICE_REAL(openat);
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return attempt(Call::open, -1, SLUICE_CALLER, [&] { return real(at, path, flags, mode); });
}

SLUICE_FAULTS_FUNCTION ssize_t read(int fd, void* data, std::size_t size) {
  SLUICE_REAL(read);
  return attempt_short<ssize_t>(Call::read, fd, SLUICE_CALLER, true, [&](bool less) {
    return real(fd, data, less ? std::min<std::size_t>(size, 1) : size);
  });
}

// NOLINTNEXTLINE(bugprone-reserved-identifier)
SLUICE_FAULTS_FUNCTION ssize_t __read_chk(int fd, void* data, std::size_t size,
                                          std::size_t /*room*/) {
  SLUICE_REAL(read);
  return attempt_short<ssize_t>(Call::read, fd, SLUICE_CALLER, true, [&](bool less) {
    return real(fd, data, less ? std::min<std::size_t>(size, 1) : size);
  });
}

SLUICE_FAULTS_FUNCTION ssize_t write(int fd, const void* data, std::size_t size) {
  SLUICE_REAL(write);
  const ssize_t result = attempt_short<ssize_t>(
      Call::write, fd, SLUICE_CALLER, true,
      [&](bool less) { return real(fd, data, less ? std::min<std::size_t>(size, 1) : size); });
  if (result > 0) sluice::faults::after_write(fd, data, static_cast<std::size_t>(result));
  return result;
}

SLUICE_FAULTS_FUNCTION ssize_t pread(int fd, void* data, std::size_t size, off_t at) {
  SLUICE_REAL(pread);
  return attempt_short<ssize_t>(Call::pread, fd, SLUICE_CALLER, true, [&](bool less) {
    return real(fd, data, less ? std::min<std::size_t>(size, 1) : size, at);
  });
}

SLUICE_FAULTS_FUNCTION ssize_t writev(int fd, const iovec* parts, int count) {
  SLUICE_REAL(writev);
  return attempt_short<ssize_t>(Call::writev, fd, SLUICE_CALLER, count > 1,
                                [&](bool less) { return real(fd, parts, less ? 1 : count); });
}

// It is closed all the same: POSIX leaves that open after EINTR, and Linux does it always.
SLUICE_FAULTS_FUNCTION int close(int fd) {
  SLUICE_REAL(close);
  const Verdict verdict = judge(Call::close, fd, SLUICE_CALLER);
  const int result = real(fd);
  if (!verdict.fails() || result != 0) return result;
  errno = verdict.error;
  return -1;
}

SLUICE_FAULTS_FUNCTION int fcntl(int fd, int command, ...) {
  SLUICE_REAL(fcntl);
  va_list more;
  va_start(more, command);
  void* argument = va_arg(more, void*);
  va_end(more);
  return attempt(Call::fcntl, fd, SLUICE_CALLER, [&] { return real(fd, command, argument); });
}

SLUICE_FAULTS_FUNCTION int ioctl(int fd, unsigned long command, ...) noexcept {
  SLUICE_REAL(ioctl);
  va_list more;
  va_start(more, command);
  void* argument = va_arg(more, void*);
  va_end(more);
  return attempt(Call::ioctl, fd, SLUICE_CALLER, [&] { return real(fd, command, argument); });
}

SLUICE_FAULTS_FUNCTION int lstat(const char* path, struct stat* status) noexcept {
  SLUICE_REAL(lstat);
  return attempt(Call::lstat, -1, SLUICE_CALLER, [&] { return real(path, status); });
}

SLUICE_FAULTS_FUNCTION int fstat(int fd, struct stat* status) noexcept {
  SLUICE_REAL(fstat);
  return attempt(Call::fstat, fd, SLUICE_CALLER, [&] { return real(fd, status); });
}

SLUICE_FAULTS_FUNCTION int fsync(int fd) {
  SLUICE_REAL(fsync);
  return attempt(Call::fsync, fd, SLUICE_CALLER, [&] { return real(fd); });
}

SLUICE_FAULTS_FUNCTION int ftruncate(int fd, off_t size) noexcept {
  SLUICE_REAL(ftruncate);
  return attempt(Call::ftruncate, fd, SLUICE_CALLER, [&] { return real(fd, size); });
}

SLUICE_FAULTS_FUNCTION off_t lseek(int fd, off_t offset, int from) noexcept {
  SLUICE_REAL(lseek);
  const Verdict verdict = judge(Call::lseek, fd, SLUICE_CALLER);
  if (!verdict.fails()) return real(fd, offset, from);
  errno = verdict.error;
  return -1;
}

SLUICE_FAULTS_FUNCTION int link(const char* from, const char* to) noexcept {
  SLUICE_REAL(link);
  return attempt(Call::link, -1, SLUICE_CALLER, [&] { return real(from, to); });
}

SLUICE_FAULTS_FUNCTION int rename(const char* from, const char* to) noexcept {
  SLUICE_REAL(rename);
  return attempt(Call::rename, -1, SLUICE_CALLER, [&] { return real(from, to); });
}

SLUICE_FAULTS_FUNCTION int unlink(const char* path) noexcept {
  SLUICE_REAL(unlink);
  return attempt(Call::unlink, -1, SLUICE_CALLER, [&] { return real(path); });
}

// The GNU C library (2.36) ends the process when there is no memory for its list of databases.
SLUICE_FAULTS_FUNCTION void setservent(int stay_open) {
  SLUICE_REAL(setservent);
  const sluice::faults::Exempt exempt;
  real(stay_open);
}

SLUICE_FAULTS_FUNCTION int getifaddrs(ifaddrs** list) noexcept {
  SLUICE_REAL(getifaddrs);
  return attempt(Call::getifaddrs, -1, SLUICE_CALLER, [&] { return real(list); });
}

SLUICE_FAULTS_FUNCTION int getrlimit(__rlimit_resource_t resource, rlimit* limit) noexcept {
  SLUICE_REAL(getrlimit);
  return attempt(Call::getrlimit, -1, SLUICE_CALLER, [&] { return real(resource, limit); });
}

SLUICE_FAULTS_FUNCTION int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  SLUICE_REAL(setrlimit);
  return attempt(Call::setrlimit, -1, SLUICE_CALLER, [&] { return real(resource, limit); });
}
