// The file of a Unix socket: which files are replaced or kept, and when it is removed.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "reactor/stream/socket_file.h"
#include "support/addresses.h"
#include "support/scratch.h"
#include <sluice/fd.h>

using namespace sluice;
using namespace sluice::test;

namespace {

std::function<void()> after_bind;  // another process, between bind() and what follows

}  // namespace

// In place of the library's.
extern "C" int bind(int socket, const sockaddr* address, socklen_t size) noexcept {
  using Bind = int (*)(int, const sockaddr*, socklen_t);
  static const auto real = reinterpret_cast<Bind>(::dlsym(RTLD_NEXT, "bind"));
  const int result = real(socket, address, size);
  if (after_bind) after_bind();
  return result;
}

namespace {

Fd stream() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

int error_of_binding(const std::string& file, std::optional<mode_t> mode = {}) {
  const Fd fd = stream();
  SocketFile socket_file;
  try {
    socket_file.bind(fd.get(), path(file), mode);
  } catch (const std::system_error& error) {
    cr_expect(std::string(error.what()).find(file) != std::string::npos, "%s", error.what());
    return error.code().value();
  }
  return 0;
}

}  // namespace

Test(socket_file, exists_as_long_as_its_object) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  {
    const Fd fd = stream();
    SocketFile socket_file;
    socket_file.bind(fd.get(), path(file), {});
    cr_expect(exists(file));
  }
  cr_expect(!exists(file));
  const SocketFile unbound;  // has nothing to remove
}

Test(socket_file, replaces_one_on_which_nobody_listens) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  const Fd fd = stream();
  const Address address = path(file);
  cr_assert(::bind(fd.get(), address.data(), address.size()) == 0);
  cr_expect(error_of_binding(file) == 0);
}

Test(socket_file, does_not_replace_one_on_which_somebody_listens) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  const Fd fd = stream();
  SocketFile first;
  first.bind(fd.get(), path(file), {});
  cr_assert(::listen(fd.get(), 1) == 0);
  cr_expect(error_of_binding(file) == EADDRINUSE);
  cr_expect(exists(file));
}

// A process uses the file, but with datagrams.
Test(socket_file, does_not_replace_a_datagram_socket) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
  const Address address = path(file);
  cr_assert(::bind(fd.get(), address.data(), address.size()) == 0);
  cr_expect(error_of_binding(file) == EADDRINUSE);
  cr_expect(exists(file));
}

Test(socket_file, does_not_replace_a_file_that_is_not_a_socket_even_behind_a_link) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  std::ofstream(scratch / "precious") << "data";
  cr_assert(::symlink((scratch / "precious").c_str(), file.c_str()) == 0);
  cr_expect(error_of_binding(file) == EEXIST);
  cr_expect(error_of_binding(scratch / "precious") == EEXIST);
  cr_expect(exists(file) && exists(scratch / "precious"));
}

Test(socket_file, has_the_requested_mode_or_that_of_the_umask) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  const mode_t before = ::umask(027);
  for (const auto& [asked, got] :
       {std::pair<std::optional<mode_t>, mode_t>{{}, 0750}, {0600, 0600}, {0666, 0666}}) {
    const Fd fd = stream();
    SocketFile socket_file;
    socket_file.bind(fd.get(), path(file), asked);
    cr_expect(mode_of(file) == got, "%o", mode_of(file));
  }
  ::umask(before);
}

Test(socket_file, has_its_mode_at_once_and_does_not_change_the_umask) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  const mode_t before = ::umask(027);
  mode_t at_once = 0;
  after_bind = [&] { at_once = mode_of(file); };
  for (const mode_t mode : {0600, 0666, 0777, 0}) {
    const Fd fd = stream();
    SocketFile socket_file;
    socket_file.bind(fd.get(), path(file), mode);
    cr_expect(at_once == mode, "%o", at_once);
    cr_expect(::umask(027) == 027);
  }
  after_bind = nullptr;
  cr_expect(error_of_binding(scratch / "no/directory", 0600) == ENOENT);
  cr_expect(::umask(before) == 027, "also after a failure");
}

Test(socket_file, does_not_change_the_mode_of_a_file_that_another_process_puts_there) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  std::ofstream(scratch / "secret") << "data";
  cr_assert(::chmod((scratch / "secret").c_str(), 0600) == 0);
  after_bind = [&] {
    cr_assert(::unlink(file.c_str()) == 0);
    cr_assert(::symlink((scratch / "secret").c_str(), file.c_str()) == 0);
  };
  {
    const Fd fd = stream();
    SocketFile socket_file;
    socket_file.bind(fd.get(), path(file), 0666);
    after_bind = nullptr;
  }
  cr_expect(mode_of(scratch / "secret") == 0600, "%o", mode_of(scratch / "secret"));
  cr_expect(exists(file), "the link is not ours to remove");
}

Test(socket_file, does_not_remove_the_file_of_a_successor) {
  const Scratch scratch;
  const std::string file = scratch / "s";
  const Fd first = stream();
  const Fd second = stream();
  SocketFile successor;
  {
    SocketFile socket_file;
    socket_file.bind(first.get(), path(file), {});
    successor.bind(second.get(), path(file), {});  // no process listened on the first one
    cr_expect(exists(file));
  }
  cr_expect(exists(file));
  successor.remove();
  successor.remove();
  cr_expect(!exists(file));
}

Test(socket_file, needs_no_file_for_an_abstract_name) {
  const Fd fd = stream();
  SocketFile socket_file;
  const std::string name = "sluice-test-" + std::to_string(::getpid());
  socket_file.bind(fd.get(), unix_address(std::string(1, '\0') + name), 0600);
  cr_expect(Address::local_of(fd.get()).path() == "@" + name);
}
