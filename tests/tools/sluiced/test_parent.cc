// A parent with a hostile worker: what it answers, how often, and how it ends.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/parent.h"
#include "tools/sluiced/upgrade/descriptor_message.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

namespace {

constexpr int kWrong = 99;  // exit status of a worker that found the parent wrong

// The worker's end, in a child, which may not use Criterion.
class Worker {
 public:
  explicit Worker(const LinkEnds& ends) : ends_(ends) {}

  // The errno of the answer to some bytes; -1 if there is no answer that can be read.
  int ask(std::span<const std::byte> bytes, int fd = -1) {
    while (send_message(ends_.requests.get(), bytes, fd) == MessageStatus::would_block)
      ::usleep(500);
    AnswerBytes room{};
    ReceivedMessage message;
    for (;;) {
      const MessageStatus status = receive_message(ends_.requests.get(), room, message);
      if (status == MessageStatus::ended) return -1;
      if (status == MessageStatus::done) break;
      ::usleep(100);
    }
    got_descriptor_ = static_cast<bool>(message.fd);
    const auto answer = decode_answer(std::span(room).first(message.size));
    return answer ? answer->error : -1;
  }
  int ask(RequestKind kind, std::string_view text, int fd = -1) {
    RequestBytes room;
    return ask(encode({.kind = kind, .number = 1, .text = text}, room), fd);
  }
  [[nodiscard]] bool got_descriptor() const noexcept { return got_descriptor_; }

  void ask_for_configuration() {
    RequestBytes room;
    const auto bytes = encode({.kind = RequestKind::reload}, room);
    while (send_message(ends_.notices.get(), bytes) == MessageStatus::would_block) ::usleep(500);
  }
  // The number of a notice with a configuration, and whether it came with a descriptor.
  std::pair<int, bool> configuration() {
    RequestBytes room;
    ReceivedMessage message;
    while (receive_message(ends_.notices.get(), room, message) == MessageStatus::would_block)
      ::usleep(100);
    const auto notice = decode_request(std::span(room).first(message.size));
    if (!notice || notice->kind != RequestKind::configuration) return {-1, false};
    return {static_cast<int>(notice->number), static_cast<bool>(message.fd)};
  }

 private:
  const LinkEnds& ends_;
  bool got_descriptor_ = false;
};

// The outcome of a parent whose worker is `work`, which returns an exit status. `before` runs in
// the parent's process.
template <class Work>
Outcome outcome_of(
    Work work, void (*before)() = [] {}) {
  auto [requests, worker_requests] = make_message_pair();
  auto [notices, worker_notices] = make_message_pair();
  const pid_t child = ::fork();
  cr_assert(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    requests.reset();
    notices.reset();
    const LinkEnds ends{std::move(worker_requests), std::move(worker_notices)};
    Worker worker(ends);
    ::_exit(work(worker));
  }
  worker_requests.reset();
  worker_notices.reset();
  const Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  Log log(nowhere.get());
  Options options;
  options.listen = {parse_listen("echo=tcp://127.0.0.1:0", {})};
  const Account account{.name = "nobody", .user = 65534, .group = 65534};
  Parent parent(log, {options, options, account, {"/nowhere/sluiced", {"sluiced"}}, child},
                {std::move(requests), std::move(notices)});
  before();
  return parent.run();
}

// No more than are open now.
void allow_no_descriptor() {
  const Fd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  rlimit limit{};
  cr_assert(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = static_cast<rlim_t>(next.get());
  cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace

Test(parent, gives_what_is_on_the_list_and_nothing_else) {
  const Outcome outcome = outcome_of([](Worker& worker) {
    if (worker.ask(RequestKind::socket, "tcp://127.0.0.1:0") != 0) return kWrong;
    if (!worker.got_descriptor()) return kWrong;
    const std::pair<RequestKind, const char*> refused[] = {
        {RequestKind::socket, "tcp://127.0.0.1:22"}, {RequestKind::file, "/etc/passwd"},
        {RequestKind::file, "../etc/passwd"},        {RequestKind::log, "file:/etc/passwd"},
        {RequestKind::notify, "MAINPID=1"},          {RequestKind::own_file, "unix:///etc/passwd"}};
    for (const auto& [kind, text] : refused) {
      if (worker.ask(kind, text) != EACCES || worker.got_descriptor()) return kWrong;
    }
    if (worker.ask(RequestKind::remove_file, "unix:///etc/passwd") != ENOENT) return kWrong;
    return 0;
  });
  cr_expect(outcome.status == ExitStatus::success);
}

Test(parent, answers_what_is_no_request_with_an_error) {
  const Outcome outcome = outcome_of([](Worker& worker) {
    const std::vector<std::byte> too_long(kRequestHead + kMaxText + 1, std::byte{2});
    const std::vector<std::byte> unknown(kRequestHead, std::byte{0xff});
    for (const auto& bytes : {too_long, unknown, std::vector<std::byte>(1)}) {
      if (worker.ask(bytes) != EBADMSG) return kWrong;
    }
    for (const RequestKind kind : {RequestKind::end_upgrade, RequestKind::main_process}) {
      if (worker.ask(kind, "") != ESRCH) return kWrong;
    }
    if (worker.ask(RequestKind::signal, "") != ENOSYS) return kWrong;
    if (worker.ask(RequestKind::upgrade, "") != EBADMSG) return kWrong;     // no descriptor
    return worker.ask(RequestKind::upgrade, "", 0) == ENOENT ? 0 : kWrong;  // no such program
  });
  cr_expect(outcome.status == ExitStatus::success);
}

Test(parent, a_worker_that_floods_it_waits) {
  constexpr int kMore = 1000;
  constexpr int kRequests = static_cast<int>(Parent::kRequestRate.burst) + kMore;
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = outcome_of([](Worker& worker) {
    for (int i = 0; i < kRequests; ++i) {
      if (worker.ask(RequestKind::file, "/etc/passwd") != EACCES) return kWrong;
    }
    return 0;
  });
  cr_expect(outcome.status == ExitStatus::success);
  // Requests beyond the burst are answered at the rate, however fast the worker asks.
  const auto least = kMore * Parent::kRequestRate.interval;
  cr_expect(std::chrono::steady_clock::now() - begin >= least);
}

Test(parent, a_worker_that_asks_again_and_again_for_the_configuration_waits) {
  constexpr int kMore = 10;
  constexpr int kNotices = static_cast<int>(Parent::kNoticeRate.burst) + kMore;
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = outcome_of([](Worker& worker) {
    for (int i = 0; i < kNotices; ++i) {
      worker.ask_for_configuration();
      if (worker.configuration() != std::pair(0, true)) return kWrong;
    }
    return 0;
  });
  cr_expect(outcome.status == ExitStatus::success);
  cr_expect(std::chrono::steady_clock::now() - begin >= kMore * Parent::kNoticeRate.interval);
}

// Otherwise its log would go where no configuration says.
Test(parent, uses_only_a_configuration_that_the_worker_was_sent) {
  const Outcome outcome = outcome_of([](Worker& worker) {
    if (worker.ask(RequestKind::configured, "") != ESRCH) return kWrong;
    worker.ask_for_configuration();
    if (worker.configuration() != std::pair(0, true)) return kWrong;
    if (worker.ask(RequestKind::configured, "") != 0) return kWrong;
    if (worker.ask(RequestKind::configured, "") != ESRCH) return kWrong;
    worker.ask_for_configuration();
    if (worker.configuration() != std::pair(0, true)) return kWrong;
    if (worker.ask(RequestKind::unchanged, "") != 0) return kWrong;
    return worker.ask(RequestKind::configured, "") == ESRCH ? 0 : kWrong;
  });
  cr_expect(outcome.status == ExitStatus::success);
}

// The worker waits for an answer to each.
Test(parent, answers_also_when_it_cannot_send_the_configuration) {
  const Outcome outcome = outcome_of(
      [](Worker& worker) {
        for (int i = 0; i < 2; ++i) {
          worker.ask_for_configuration();
          if (worker.configuration() != std::pair(1, false)) return kWrong;
        }
        return 0;
      },
      allow_no_descriptor);
  cr_expect(outcome.status == ExitStatus::success);
}

Test(parent, says_how_many_descriptors_its_worker_has) {
  const Outcome outcome = outcome_of([](Worker& worker) {
    const int error = worker.ask(RequestKind::descriptors, "");
    return error == 0 || error == ENOENT ? 0 : kWrong;  // not before Linux 6.2
  });
  cr_expect(outcome.status == ExitStatus::success);
}

Test(parent, ends_with_the_status_of_its_worker) {
  cr_expect(outcome_of([](Worker&) { return 0; }).status == ExitStatus::success);
  cr_expect(outcome_of([](Worker&) { return 1; }).status == ExitStatus::failed);
  cr_expect(outcome_of([](Worker&) { return static_cast<int>(::raise(SIGKILL)); }).interrupted_by ==
            SIGKILL);
}

// Both sockets are closed, and the process goes on.
Test(parent, a_worker_that_closes_its_sockets_is_ended) {
  const Outcome outcome = outcome_of([](Worker&) {
    for (int fd = 3; fd < 100; ++fd) ::close(fd);
    for (;;) ::pause();
    return 0;
  });
  cr_expect(outcome.interrupted_by == SIGKILL);
}
