// Socket addresses that come from the kernel, and the interfaces that it names.
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include <sluice/address.h>
#include <sluice/fd.h>

using sluice::Address;
using sluice::Fd;
using sluice::test::expect_prints;
using sluice::test::ip;
using sluice::test::kPathOffset;
using sluice::test::path;
using sluice::test::unix_address;
using namespace std::string_literals;

namespace {

// A temporary directory, removed with the one file that a test makes in it.
class Directory {
 public:
  Directory() { cr_assert(::mkdtemp(name_.data()) != nullptr, "mkdtemp: errno %d", errno); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    if (!file_.empty()) ::unlink(file_.c_str());
    ::rmdir(name_.c_str());
  }
  std::string file(std::string_view name) { return file_ = name_ + "/" + std::string(name); }
  // Makes a file whose path has exactly this many bytes.
  std::string file_of_length(std::size_t length) {
    return file(std::string(length - name_.size() - 1, 'x'));
  }

 private:
  std::string name_ = "/tmp/sluice-address-XXXXXX";
  std::string file_;
};

Fd open_socket(int family, int type) {
  Fd fd(::socket(family, type, 0));
  cr_assert(static_cast<bool>(fd), "socket: errno %d", errno);
  return fd;
}

// Enters a network namespace in which the loopback interface has this name. Returns false if the
// system does not allow it.
bool rename_loopback(const char* name) {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const Fd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  std::strncpy(request.ifr_newname, name, sizeof request.ifr_newname - 1);
  return ::ioctl(fd.get(), SIOCSIFNAME, &request) == 0;
}

}  // namespace

Test(address_kernel, prefers_a_zone_that_is_a_name_to_one_that_is_a_number) {
  if (!rename_loopback("777")) cr_skip("no network name space of its own");
  const Address address = ip("fe80::1%777", 1);
  cr_expect(address.scope_id() == ::if_nametoindex("777"));
  cr_expect(address.scope_id() != 777);
  expect_prints(address, "[fe80::1%777]:1");
}

Test(address_kernel, prints_the_number_of_an_interface_whose_name_would_close_the_brackets) {
  if (!rename_loopback("a]b")) cr_skip("no network name space of its own");
  const Address address = ip("fe80::1%a]b", 1);
  expect_prints(address, "[fe80::1%" + std::to_string(address.scope_id()) + "]:1");
}

Test(address_kernel, is_unspecified_if_the_kernel_returned_less_than_the_family_needs) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  const auto* base = reinterpret_cast<const sockaddr*>(&in);
  for (const socklen_t size : {0U, 1U, 2U, static_cast<unsigned>(sizeof in) - 1}) {
    cr_expect(Address(base, size).family() == AF_UNSPEC, "%u bytes", size);
    cr_expect(Address(base, size) == Address(), "%u bytes", size);
  }
  cr_expect(Address(base, sizeof in).family() == AF_INET);
  cr_expect(Address(nullptr, 0) == Address());

  Address used = ip("10.0.0.1", 1);
  used.set_size(0);  // recvmsg() from a Unix socket without a name writes nothing
  cr_expect(used == Address());
  Address v6 = ip("::1", 1);
  v6.set_size(sizeof(sockaddr_in));
  cr_expect(v6 == Address());
}

Test(address_kernel, limits_the_size_to_that_of_the_family) {
  Address v4 = ip("10.0.0.1", 1);
  v4.set_size(Address::capacity());
  cr_expect(v4.size() == sizeof(sockaddr_in));
  sockaddr_storage large{};
  large.ss_family = AF_UNIX;
  std::memset(reinterpret_cast<char*>(&large) + kPathOffset, 'x', sizeof large - kPathOffset);
  const Address longest(reinterpret_cast<const sockaddr*>(&large), sizeof large);
  cr_expect(longest.size() == sizeof(sockaddr_un));
  cr_expect(longest.path() == std::string(108, 'x'));
}

Test(address_kernel, names_a_family_that_it_does_not_know) {
  sockaddr_storage storage{};
  storage.ss_family = AF_APPLETALK;
  const Address address(reinterpret_cast<const sockaddr*>(&storage), 16);
  expect_prints(address, "(family 5)");
  cr_expect(!address.is_ip() && !address.is_unix() && !address.is_unspecified());
  cr_expect(address.port() == 0);
  cr_expect(address == Address(address));
  cr_expect(address.size() == 16);
}

Test(address_kernel, reads_the_addresses_of_ip_sockets) {
  for (const int family : {AF_INET, AF_INET6}) {
    const Fd fd = open_socket(family, SOCK_STREAM);
    const Address wanted = Address::loopback(family, 0);
    if (::bind(fd.get(), wanted.data(), wanted.size()) != 0 && errno == EADDRNOTAVAIL) continue;
    Address local = Address::local_of(fd.get());
    cr_expect(local.family() == family);
    cr_expect(local.port() != 0);
    cr_expect(local.is_loopback());
    local.set_port(0);
    cr_expect(local == wanted, "%s", local.to_string().c_str());
  }
}

Test(address_kernel, reads_the_addresses_of_unix_sockets) {
  Directory directory;
  for (const std::size_t length : {std::size_t{40}, Address::kMaxPath}) {
    const Fd fd = open_socket(AF_UNIX, SOCK_STREAM);
    cr_expect(Address::local_of(fd.get()) == unix_address(""));
    const std::string file = directory.file_of_length(length);
    const Address wanted = path(file);
    cr_assert(::bind(fd.get(), wanted.data(), wanted.size()) == 0, "bind: errno %d", errno);
    cr_expect(Address::local_of(fd.get()) == wanted);
    cr_expect(Address::local_of(fd.get()).path() == file);
    ::unlink(file.c_str());
  }
}

Test(address_kernel, reads_a_path_of_108_bytes_that_another_program_bound) {
  Directory directory;
  const std::string file = directory.file_of_length(108);
  const Fd fd = open_socket(AF_UNIX, SOCK_STREAM);
  const Address full = unix_address(file);
  cr_assert(::bind(fd.get(), full.data(), full.size()) == 0, "bind: errno %d", errno);
  const Address local = Address::local_of(fd.get());  // Linux reports 111 bytes of its 110
  cr_expect(local.path() == file, "%s", local.path().c_str());
  cr_expect(local.size() <= Address::capacity());
}

Test(address_kernel, reads_an_abstract_name_that_linux_has_chosen) {
  const Fd fd = open_socket(AF_UNIX, SOCK_DGRAM);
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  cr_assert(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&un), kPathOffset) == 0);
  const std::string name = Address::local_of(fd.get()).to_string();
  cr_expect(name.size() == 6 && name.front() == '@', "%s", name.c_str());
}

Test(address_kernel, throws_the_errno_of_getsockname) {
  try {
    static_cast<void>(Address::local_of(-1));
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::bad_file_descriptor);
    cr_expect(std::string(error.what()).find("getsockname") == 0, "%s", error.what());
  }
}
