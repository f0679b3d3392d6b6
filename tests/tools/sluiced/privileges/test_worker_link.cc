// A worker's requests over the sockets, with a parent that answers well, badly, or not at all; and
// a program in the worker's place, which can open, connect and start nothing.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <criterion/criterion.h>

#include "support/confined.h"
#include "tools/sluiced/privileges/worker_link.h"
#include "tools/sluiced/sandbox/sandbox.h"
#include "tools/sluiced/sandbox_plan.h"
#include "tools/sluiced/two_processes.h"
#include "tools/sluiced/upgrade/descriptor_message.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

namespace {

struct Ends {
  explicit Ends(std::pair<Fd, Fd> requests = make_message_pair(),
                std::pair<Fd, Fd> notices = make_message_pair())
      : parent(std::move(requests.first)),
        parent_notices(std::move(notices.first)),
        link(std::move(requests.second), std::move(notices.second)) {}
  Fd parent;
  Fd parent_notices;
  WorkerLink link;
};

// Answers one request with `answer`, whose number is that of the request, and `fd`.
void answer_one(int socket, Answer answer, int fd) {
  RequestBytes room;
  ReceivedMessage message;
  while (receive_message(socket, room, message) == MessageStatus::would_block) ::usleep(1000);
  const auto request = decode_request(std::span(room).first(message.size));
  if (request) answer.number += request->number;
  (void)send_message(socket, encode(answer), fd);
}

int error_of_file(Ends& ends, Answer answer, int fd) {
  std::thread parent([&ends, answer, fd] { answer_one(ends.parent.get(), answer, fd); });
  int error = 0;
  try {
    (void)ends.link.file("/etc/key.pem");
  } catch (const std::system_error& failure) {
    cr_expect(std::string(failure.what()).starts_with("/etc/key.pem: "), "%s", failure.what());
    error = failure.code().value();
  }
  parent.join();
  return error;
}

bool is_root() { return ::geteuid() == 0 && ::getpwnam("nobody") != nullptr; }

// What `use` returns in a process that has given up what a worker does.
template <class Use>
int in_a_worker(Use use) {
  const Account account = find_account("nobody");
  return test::in_a_child([&account, use] {
    (void)leave_root(EmptyRoot::open({}), account);
    (void)confine(plan_for_worker(Options()), SandboxMode::on);
    return use();
  });
}

int connect_to_loopback() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  if (!socket) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return test::error_of(result);
}

}  // namespace

Test(worker_link, gets_a_descriptor_or_the_errno_of_its_parent) {
  Ends ends;
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  cr_expect(error_of_file(ends, {}, null.get()) == 0);
  cr_expect(error_of_file(ends, {0, EACCES, 0}, -1) == EACCES);
  cr_expect(error_of_file(ends, {}, -1) == EPROTO, "a success without a descriptor");
}

Test(worker_link, a_parent_that_has_ended_is_an_error) {
  Ends ends;
  ends.parent.reset();
  try {
    (void)ends.link.socket(Endpoint::from("tcp://127.0.0.1:80"));
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::broken_pipe);
    cr_expect(std::string(error.what()).starts_with("bind tcp://127.0.0.1:80: "));
  }
  ends.link.remove_file(Endpoint::from("unix:///x"));  // does not throw
}

Test(worker_link, passes_on_what_the_parent_says_and_its_end) {
  Ends ends;
  int number = 0;
  const WorkerLink::Handlers handlers{[&number](int signal) { number = signal; },
                                      [](bool, const std::string&) {}};
  cr_expect(ends.link.receive_notice(handlers), "nothing is said yet");
  RequestBytes room;
  const Request notice{.kind = RequestKind::signal, .number = SIGHUP};
  (void)send_message(ends.parent_notices.get(), encode(notice, room));
  cr_expect(ends.link.receive_notice(handlers) && number == SIGHUP);
  ends.parent_notices.reset();
  cr_expect(not ends.link.receive_notice(handlers));
}

Test(worker_link, a_configuration_that_does_not_arrive_is_a_failed_one) {
  Ends ends;
  int failures = 0;
  const WorkerLink::Handlers handlers{[](int) {},
                                      [&failures](bool ok, const std::string& why) {
                                        if (!ok && !why.empty()) ++failures;
                                      }};
  RequestBytes room;
  for (const std::uint32_t number : {0U, 1U}) {
    const Request notice{.kind = RequestKind::configuration, .number = number};
    (void)send_message(ends.parent_notices.get(), encode(notice, room));
    cr_expect(ends.link.receive_notice(handlers));
  }
  cr_expect(failures == 2);
  const Fd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // cannot be read
  const Request notice{.kind = RequestKind::configuration};
  (void)send_message(ends.parent_notices.get(), encode(notice, room), folder.get());
  cr_expect(ends.link.receive_notice(handlers) && failures == 3);
}

Test(worker_link, a_program_in_its_place_opens_connects_and_starts_nothing) {
  if (not is_root()) cr_skip_test("only root can give up root");
  if (not why_not_confined().empty()) cr_skip_test("an instrumented build");
  cr_expect(in_a_worker([] { return 0; }) == 0);
  cr_expect(in_a_worker([] { return static_cast<int>(::getuid() == 0); }) == 0);
  cr_expect(in_a_worker([] {
              const Fd file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
              return test::error_of(file.get());
            }) != 0);
  cr_expect(in_a_worker([] {
              const Fd file(::open("/made", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
              return test::error_of(file.get());
            }) != 0);
  cr_expect(in_a_worker(connect_to_loopback) != 0);
  cr_expect(in_a_worker(connect_to_loopback) != ECONNREFUSED, "no packet is sent");
  cr_expect(in_a_worker([] {
              ::execl("/bin/true", "true", nullptr);
              return errno;
            }) != 0);
  cr_expect(in_a_worker([] { return test::error_of(::setuid(0)); }) != 0);
  cr_expect(in_a_worker([] { return test::error_of(::kill(::getppid(), 0)); }) != 0);
}

// Without Landlock and seccomp, which a kernel may lack.
Test(worker_link, an_empty_root_alone_hides_every_file) {
  if (not is_root()) cr_skip_test("only root can give up root");
  if (not why_not_confined().empty()) cr_skip_test("an instrumented build");
  const Account account = find_account("nobody");
  const auto error = [&account](const char* path, int flags) {
    return test::in_a_child([&account, path, flags] {
      (void)leave_root(EmptyRoot::open({}), account);
      const Fd file(::open(path, flags | O_CLOEXEC, 0600));
      return test::error_of(file.get());
    });
  };
  for (const char* path : {"/etc/passwd", "../etc/passwd", "/proc/self/root/etc/passwd"}) {
    const int found = error(path, O_RDONLY);
    cr_expect(found == ENOENT || found == EACCES, "%s: %d", path, found);
  }
  cr_expect(error("/made", O_RDWR | O_CREAT) != 0);
}
