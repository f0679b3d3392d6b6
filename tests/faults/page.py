"""The page that run.py shares with a program under faults, and what was struck there."""
import errno
import mmap
import struct
import tempfile

NAMES = ("socket socketpair bind listen accept connect recv recvmsg recvmmsg send sendmsg sendmmsg "
         "setsockopt getsockopt getsockname getpeername shutdown epoll_create1 epoll_ctl "
         "epoll_wait poll select eventfd pipe timerfd_create open read write close fcntl ioctl "
         "lstat unlink getifaddrs getrlimit setrlimit fstat fsync ftruncate link lseek pread "
         "rename sendfile writev malloc").split()
# What no client may notice.
QUIET = {"close", "epoll_wait", "fcntl", "getifaddrs", "getpeername", "getrlimit", "getsockname",
         "getsockopt", "ioctl", "lstat", "open", "poll", "read", "setrlimit", "setsockopt",
         "unlink", "write"}


class Page:
    """The words that are shared with the daemon: injector.h says what they are."""
    FIELDS = ("domain nth variant wrap after_ready seen variants call struck error descriptor "
              "ended blocks descriptors").split()
    LAYOUT = struct.Struct("=10Qq1Q2q")

    def __init__(self, **plan):
        self.file = tempfile.NamedTemporaryFile(prefix="sluice-faults-")
        self.file.write(self.LAYOUT.pack(*(plan.get(field, 0) for field in self.FIELDS)))
        self.file.flush()
        self.memory = mmap.mmap(self.file.fileno(), self.LAYOUT.size)

    def close(self):
        self.memory.close()
        self.file.close()

    def __getattr__(self, field):
        return self.LAYOUT.unpack(self.memory[:])[self.FIELDS.index(field)]

    @property
    def call_name(self):
        return NAMES[self.call]

    @property
    def is_quiet(self):
        return (not self.struck or self.error in (0, errno.EAGAIN, errno.EINTR)
                or self.call_name in QUIET)

    def describe(self):
        domain = ("none", "system", "memory")[self.domain]
        if not self.struck:
            return f"{domain} call {self.nth}: not struck"
        how = errno.errorcode[self.error] if self.error else "short"
        return f"{domain} call {self.nth}, {self.call_name}({self.descriptor}), {how}"
