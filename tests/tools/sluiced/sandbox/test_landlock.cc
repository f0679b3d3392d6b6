// Landlock: what a confined child can still open, make, remove, start and connect to.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include <criterion/criterion.h>

#include "tests/support/confined.h"
#include "tests/support/scratch.h"
#include "tools/sluiced/sandbox/landlock.h"
#include "tools/sluiced/sandbox/program_files.h"
#include <sluice/fd.h>

using namespace sluice;
using namespace sluice::tools::daemon;
using test::error_of;

namespace {

void skip_without_landlock() {
  if (landlock_abi() == 0) cr_skip_test("the kernel has no Landlock");
}

// What `use` returns in a child that is confined by `plan`; 255 if it cannot be.
template <class Use>
int confined(const LandlockPlan& plan, Use use) {
  return test::in_a_child([&plan, use] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return apply_landlock(plan).in_force ? use() : 255;
  });
}

int open_for(const std::string& path, int flags) {
  const Fd file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return error_of(file.get());
}

int bind_unix(const std::string& path) {
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  return error_of(
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int connect_to(std::uint16_t port) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return error_of(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

// A listening socket on loopback, and its port.
struct Server {
  Server() : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    cr_assert(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    cr_assert(::listen(socket.get(), 8) == 0);
    cr_assert(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  Fd socket;
  std::uint16_t port = 0;
};

}  // namespace

Test(landlock, without_a_rule_no_file_can_be_opened) {
  skip_without_landlock();
  cr_expect(test::in_a_child([] { return open_for("/etc/passwd", O_RDONLY); }) == 0);
  cr_expect(confined({}, [] { return open_for("/etc/passwd", O_RDONLY); }) == EACCES);
  cr_expect(confined({}, [] { return open_for("/", O_RDONLY | O_DIRECTORY); }) == EACCES);
}

Test(landlock, a_folder_that_is_read_is_not_written) {
  skip_without_landlock();
  const test::Scratch scratch;
  const std::string file = scratch / "file";
  std::ofstream(file) << "x";
  const LandlockPlan plan{.paths = {{scratch / "", PathUse::read}}, .connect_tcp = {}};
  cr_expect(confined(plan, [&] { return open_for(file, O_RDONLY); }) == 0);
  cr_expect(confined(plan, [&] { return open_for(file, O_WRONLY); }) == EACCES);
  cr_expect(confined(plan, [&] { return error_of(::unlink(file.c_str())); }) == EACCES);
  cr_expect(confined(plan, [&] { return bind_unix(scratch / "s"); }) == EACCES);
  cr_expect(confined(plan, [&] { return open_for("/etc/passwd", O_RDONLY); }) == EACCES);
}

Test(landlock, the_folder_of_a_log_takes_new_files_and_shows_none) {
  skip_without_landlock();
  const test::Scratch scratch;
  const std::string file = scratch / "log";
  const LandlockPlan plan{.paths = {{scratch / "", PathUse::log}}, .connect_tcp = {}};
  cr_expect(confined(plan, [&] { return open_for(file, O_WRONLY | O_CREAT | O_APPEND); }) == 0);
  cr_expect(confined(plan, [&] { return open_for(file, O_RDONLY); }) == EACCES);
  cr_expect(confined(plan, [&] { return error_of(::unlink(file.c_str())); }) == EACCES);
}

Test(landlock, the_folder_of_a_socket_takes_and_loses_sockets) {
  skip_without_landlock();
  const test::Scratch scratch;
  const std::string path = scratch / "socket";
  const LandlockPlan plan{.paths = {{scratch / "", PathUse::sockets}}, .connect_tcp = {}};
  cr_expect(confined(plan, [&] { return bind_unix(path); }) == 0);
  cr_expect(test::exists(path));
  cr_expect(confined(plan, [&] { return error_of(::unlink(path.c_str())); }) == 0);
  cr_expect(confined(plan, [&] { return open_for(path, O_WRONLY | O_CREAT); }) == EACCES);
}

Test(landlock, a_program_is_started_only_where_that_is_allowed) {
  skip_without_landlock();
  const auto start_true = [] {
    ::execl("/bin/true", "true", nullptr);
    return errno;
  };
  cr_expect(test::in_a_child(start_true) == 0);
  cr_expect(confined({}, start_true) == EACCES);
  const LandlockPlan reads{.paths = {{"/", PathUse::read}}, .connect_tcp = {}};
  cr_expect(confined(reads, start_true) == EACCES);
  const LandlockPlan executes{.paths = {{"/", PathUse::execute}}, .connect_tcp = {}};
  cr_expect(confined(executes, start_true) == 0);
}

Test(landlock, only_the_ports_of_the_plan_are_connected_to) {
  if (landlock_abi() < 4) cr_skip_test("the kernel's Landlock knows no TCP");
  const Server server;
  const LandlockPlan plan{.paths = {}, .connect_tcp = {server.port}};
  cr_expect(confined(plan, [&] { return connect_to(server.port); }) == 0);
  cr_expect(confined({}, [&] { return connect_to(server.port); }) == EACCES);
}

Test(landlock, a_path_that_is_not_there_is_left_out) {
  skip_without_landlock();
  const LandlockPlan plan{.paths = {{"/none/of/these", PathUse::read}, {"/etc", PathUse::read}},
                          .connect_tcp = {}};
  cr_expect(confined(plan, [] { return open_for("/etc/passwd", O_RDONLY); }) == 0);
}

Test(landlock, what_is_open_stays_open) {
  skip_without_landlock();
  const Fd file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  char byte = 0;
  cr_expect(confined({}, [&] { return ::read(file.get(), &byte, 1) == 1 ? 0 : 1; }) == 0);
}

Test(landlock, without_no_new_privs_the_layer_says_why_it_is_not_in_force) {
  skip_without_landlock();
  if (::geteuid() == 0) cr_skip_test("root needs no no_new_privs");
  const SandboxLayer layer = apply_landlock({});
  cr_expect(not layer.in_force);
  cr_expect(layer.detail.find("cannot be applied") != std::string::npos);
}

Test(landlock, the_files_of_the_program_are_itself_and_its_interpreter) {
  const auto files = program_files();
  cr_assert(not files.empty());
  cr_expect(files[0].executed);
  cr_expect(files[0].path.find("test_landlock") != std::string::npos);
  for (const ProgramFile& file : files) cr_expect(test::exists(file.path), "%s", file.path.c_str());
}
