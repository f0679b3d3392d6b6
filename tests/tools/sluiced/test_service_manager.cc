// What the daemon sends to the socket that NOTIFY_SOCKET names, read as systemd reads it.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "tools/sluiced/service_manager.h"
#include <sluice/fd.h>
#include <sluice/loop.h>

using sluice::tools::daemon::ServiceManager;
using std::chrono::milliseconds;

namespace {

// The other side. `name` begins with a slash, or with "@" in Linux's abstract namespace.
class Receiver {
 public:
  explicit Receiver(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    address_.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), static_cast<char*>(address_.sun_path));
    if (name[0] == '@') address_.sun_path[0] = '\0';
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    cr_assert(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), size_) == 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  // Sends it messages until it has no room for another one.
  void fill() const {
    const sluice::Fd sender(::socket(AF_UNIX, SOCK_DGRAM, 0));
    const auto* const to = reinterpret_cast<const sockaddr*>(&address_);
    while (::sendto(sender.get(), "filler", 6, MSG_DONTWAIT, to, size_) == 6) continue;
    cr_assert(errno == EAGAIN);
  }

  // The messages that wait.
  std::vector<std::string> read_all() const {
    std::vector<std::string> messages;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got < 0) return messages;
      messages.emplace_back(buffer.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  sluice::Fd fd_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

sluice::LoopOptions virtual_time() {
  sluice::LoopOptions options;
  options.virtual_time = true;
  return options;
}

void expect_messages(const std::vector<std::string>& got, const std::vector<std::string>& wanted) {
  cr_assert_eq(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    cr_expect(got[i] == wanted[i], "%s", got[i].c_str());
  }
}

}  // namespace

TestSuite(service_manager, .timeout = 20);

Test(service_manager, gets_nothing_without_a_socket) {
  sluice::Loop loop;
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager manager(loop);
  cr_expect(!manager.present() && !manager.error());
  manager.ready("1 service");
  manager.stopping("");
}

Test(service_manager, receives_each_state_with_a_line_for_people) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  sluice::Loop loop;
  ServiceManager manager(loop);
  cr_assert(manager.present());
  manager.ready("3 services");
  manager.stopping("draining 2 connections");
  expect_messages(receiver.read_all(),
                  {"READY=1\nSTATUS=3 services", "STOPPING=1\nSTATUS=draining 2 connections"});
}

Test(service_manager, gets_the_time_of_a_reload_by_the_monotonic_clock) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  sluice::Loop loop;
  ServiceManager manager(loop);
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  manager.reloading();
  const auto messages = receiver.read_all();
  cr_assert_eq(messages.size(), 1U);
  const std::string_view prefix = "RELOADING=1\nMONOTONIC_USEC=";
  cr_assert(messages[0].starts_with(prefix));
  const std::chrono::microseconds sent(std::stoll(messages[0].substr(prefix.size())));
  cr_expect(sent >= std::chrono::floor<std::chrono::microseconds>(before));
  cr_expect(sent <= std::chrono::steady_clock::now().time_since_epoch());
}

Test(service_manager, accepts_no_second_line_in_a_status) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  sluice::Loop loop;
  ServiceManager(loop).ready("a\nMAINPID=1");
  const auto messages = receiver.read_all();
  cr_assert_eq(messages.size(), 1U);
  cr_expect(messages[0].find("\nMAINPID") == std::string::npos, "%s", messages[0].c_str());
}

#if defined(__linux__)
Test(service_manager, may_have_an_abstract_name) {
  const Receiver receiver("@sluice-test-" + std::to_string(::getpid()));
  sluice::Loop loop;
  ServiceManager(loop).ready("");
  cr_expect_eq(receiver.read_all().size(), 1U);
}

// A Unix datagram socket of Linux takes as many messages as net.unix.max_dgram_qlen says, and no
// more, until they are read.
Test(service_manager, gets_late_but_in_order_what_its_socket_had_no_room_for) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  sluice::Loop loop(virtual_time());
  receiver.fill();
  ServiceManager manager(loop);
  manager.reloading();
  manager.ready("after");
  receiver.read_all();
  loop.advance(ServiceManager::kRetry);
  const auto late = receiver.read_all();
  cr_assert_eq(late.size(), 2U);
  cr_expect(late[0].starts_with("RELOADING=1"));
  cr_expect(late[1] == "READY=1\nSTATUS=after");
}

Test(service_manager, gets_the_newest_messages_when_too_many_have_waited) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  sluice::Loop loop(virtual_time());
  receiver.fill();
  ServiceManager manager(loop);
  constexpr std::size_t kSent = 3 * ServiceManager::kMaxWaiting;
  for (std::size_t i = 1; i <= kSent; ++i) manager.ready(std::to_string(i));
  receiver.read_all();
  // More than the socket has room for may wait, so they come in several pieces.
  std::vector<std::string> late;
  for (std::size_t i = 0; i < kSent; ++i) {
    loop.advance(ServiceManager::kRetry);
    for (std::string& message : receiver.read_all()) late.push_back(std::move(message));
  }
  cr_assert_eq(late.size(), ServiceManager::kMaxWaiting);
  cr_expect(late.back() == "READY=1\nSTATUS=" + std::to_string(kSent), "%s", late.back().c_str());
}
#endif

Test(service_manager, that_cannot_be_reached_is_an_error_and_not_the_end) {
  sluice::Loop loop;
  const struct {
    std::string name;
    int error;
  } cases[] = {{"/nonexistent/notify", ENOENT},
               {"/" + std::string(200, 'x'), ENAMETOOLONG},
               {"vsock:2:1234", EAFNOSUPPORT}};
  for (const auto& one : cases) {
    ::setenv("NOTIFY_SOCKET", one.name.c_str(), 1);
    ServiceManager manager(loop);
    cr_expect(!manager.present());
    cr_expect_eq(manager.error().value(), one.error, "%s: %s", one.name.c_str(),
                 manager.error().message().c_str());
    manager.ready("");
  }
}

Test(service_manager, gets_a_sign_of_a_watched_daemon_twice_in_the_time_of_the_watchdog) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  sluice::Loop loop(virtual_time());
  const ServiceManager manager(loop);
  loop.advance(milliseconds(4999));
  expect_messages(receiver.read_all(), {});
  loop.advance(milliseconds(1));
  expect_messages(receiver.read_all(), {"WATCHDOG=1"});
  loop.advance(milliseconds(5000));
  expect_messages(receiver.read_all(), {"WATCHDOG=1"});
}

Test(service_manager, gets_no_sign_of_a_daemon_that_is_not_watched) {
  const sluice::test::Scratch scratch;
  const Receiver receiver(scratch / "notify");
  sluice::Loop loop(virtual_time());
  const struct {
    const char* limit;
    std::string process;
  } cases[] = {{"1000000", std::to_string(::getpid() + 1)}, {"0", ""}, {"soon", ""}, {"-1", ""}};
  for (const auto& one : cases) {
    ::setenv("WATCHDOG_USEC", one.limit, 1);
    if (one.process.empty()) {
      ::unsetenv("WATCHDOG_PID");
    } else {
      ::setenv("WATCHDOG_PID", one.process.c_str(), 1);
    }
    const ServiceManager manager(loop);
    loop.advance(milliseconds(60000));
    cr_expect(receiver.read_all().empty(), "%s", one.limit);
  }
}
