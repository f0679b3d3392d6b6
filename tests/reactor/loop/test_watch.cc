// Descriptors of other libraries: callbacks while they are ready, and the ways in which a library
// may close one. The test also states what each backend does with a closed descriptor, because the
// page does.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/scratch.h"
#include <sluice/fd.h>
#include <sluice/loop.h>
#include <sluice/timer.h>
#include <sluice/watch.h>

using sluice::Backend;
using sluice::Fd;
using sluice::kReadable;
using sluice::kWritable;
using sluice::Loop;
using sluice::Report;
using sluice::Timer;
using sluice::Watch;
using std::chrono::milliseconds;

TestSuite(watch, .timeout = 20);

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    cr_assert(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    in = Fd(ends[0]);
    out = Fd(ends[1]);
  }
  void say(char what = 'x') const { cr_assert(::write(out.get(), &what, 1) == 1); }
  char hear() const {
    char what = 0;
    cr_assert(::read(in.get(), &what, 1) == 1);
    return what;
  }

  Fd in;
  Fd out;
};

// Closes `number`, and makes it the reading end of `pipe`.
void reopen(int number, Pipe& pipe) {
  cr_assert(::close(number) == 0);
  cr_assert(::dup(pipe.in.get()) == number, "the lowest free number is another");
}

// POSIX promises that open() and dup() return the lowest free number.
int lowest_free() {
  const int number = ::dup(STDIN_FILENO);
  ::close(number);
  return number;
}

template <class Call>
int error_of(Call&& call) {
  try {
    call();
  } catch (const std::system_error& error) {
    cr_expect(error.code().category() == std::generic_category());
    return error.code().value();
  }
  return 0;
}

void turns(Loop& loop, int count = 3) {
  for (int i = 0; i < count; ++i) loop.poll();
}

}  // namespace

Test(watch, watches_for_nothing_at_first) {
  Loop loop(backend_options());
  const Pipe pipe;
  const Watch watch(loop, pipe.in.get(), [](int) { cr_expect(false); });
  pipe.say();
  turns(loop);
  cr_expect(watch.events() == 0);
  cr_expect(watch.descriptor() == pipe.in.get());
}

Test(watch, reports_only_the_requested_events) {
  Loop loop(backend_options());
  std::array<int, 2> ends{};
  cr_assert(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const Fd here(ends[0]);
  const Fd there(ends[1]);
  int reported = 0;
  Watch watch(loop, here.get(), [&](int events) { reported = events; });
  const auto ask = [&](int events) {
    reported = 0;
    watch.watch(events);
    cr_expect(watch.events() == events);
    loop.poll();
    return reported;
  };
  cr_expect(ask(kReadable) == 0);
  cr_expect(ask(kWritable) == kWritable);
  cr_expect(ask(kReadable | kWritable) == kWritable);
  cr_assert(::write(there.get(), "x", 1) == 1);
  cr_expect(ask(kReadable | kWritable) == (kReadable | kWritable));
  cr_expect(ask(kReadable) == kReadable);
  cr_expect(ask(0) == 0);
}

Test(watch, reports_again_as_long_as_the_descriptor_is_ready) {
  Loop loop(backend_options());
  const Pipe pipe;
  int calls = 0;
  Watch watch(loop, pipe.in.get(), [&](int) { ++calls; });
  watch.watch(kReadable);
  pipe.say();
  turns(loop, 5);
  cr_expect(calls == 5);
  pipe.hear();
  turns(loop);
  cr_expect(calls == 5);
}

Test(watch, reports_a_hang_up_as_the_requested_events) {
  Loop loop(backend_options());
  Pipe pipe;
  int reader_told = 0;
  Watch reader(loop, pipe.in.get(), [&](int events) { reader_told = events; });
  reader.watch(kReadable);
  pipe.out = Fd();
  loop.poll();
  cr_expect(reader_told == kReadable);

  Pipe other;
  int writer_told = 0;
  Watch writer(loop, other.out.get(), [&](int events) { writer_told = events; });
  writer.watch(kWritable);
  other.in = Fd();
  loop.poll();
  cr_expect(writer_told == kWritable);
}

Test(watch, wakes_a_loop_that_waits) {
  Loop loop(backend_options());
  const Pipe pipe;
  Watch watch(loop, pipe.in.get(), [&](int) { loop.stop(); });
  watch.watch(kReadable);
  Timer timer(loop, [&] { pipe.say(); });
  timer.start(milliseconds(20));
  loop.run();
  cr_expect(pipe.hear() == 'x');
}

Test(watch, may_change_its_mask_and_stop_in_its_own_function) {
  Loop loop(backend_options());
  const Pipe pipe;
  std::vector<int> reported;
  std::optional<Watch> watch;
  watch.emplace(loop, pipe.in.get(), [&](int events) {
    reported.push_back(events);
    if (reported.size() == 1) watch->watch(kReadable | kWritable);
    if (reported.size() == 2) watch->stop();
  });
  watch->watch(kReadable);
  pipe.say();
  turns(loop, 5);
  cr_expect(reported.size() == 2);
  cr_expect(watch->events() == 0);
  watch->watch(kReadable);
  loop.poll();
  cr_expect(reported.size() == 3);
}

Test(watch, may_be_destroyed_in_its_own_function) {
  int reports = 0;
  Loop loop(backend_options());
  const Pipe pipe;
  const auto token = std::make_shared<std::string>("held by the function");
  std::string seen;
  std::unique_ptr<Watch> watch;
  watch = std::make_unique<Watch>(loop, pipe.in.get(), [&watch, &seen, token](int) {
    watch.reset();
    seen = *token;  // the function must outlive its watch until it returns
    throw std::runtime_error("last words");
  });
  loop.set_reporter([&](const Report&) { ++reports; });
  watch->watch(kReadable);
  pipe.say();
  turns(loop);
  cr_expect(watch == nullptr);
  cr_expect(seen == "held by the function");
  cr_expect(token.use_count() == 1);
  cr_expect(reports == 1);
}

Test(watch, may_stop_and_destroy_one_that_is_ready_in_the_same_turn) {
  Loop loop(backend_options());
  const Pipe pipe;
  int calls = 0;
  std::array<std::unique_ptr<Watch>, 3> watches;
  for (auto& watch : watches) {
    // After the first one, the others must not run.
    watch = std::make_unique<Watch>(loop, pipe.in.get(), [&, self = &watch](int) {
      ++calls;
      bool stop = true;
      for (auto& other : watches) {
        if (&other == self) continue;
        std::exchange(stop, false) ? other->stop() : other.reset();
      }
    });
    watch->watch(kReadable);
  }
  pipe.say();
  loop.poll();
  cr_expect(calls == 1, "%d", calls);
}

Test(watch, reports_an_exception_of_its_function_and_continues) {
  std::vector<Report> reports;
  Loop loop(backend_options());
  const Pipe pipe;
  loop.set_reporter([&](const Report& report) { reports.push_back(report); });
  int ran = 0;
  Watch watch(loop, pipe.in.get(), [&ran](int) {
    ++ran;
    throw std::runtime_error("again");
  });
  watch.watch(kReadable);
  pipe.say();
  turns(loop, 3);
  cr_expect(ran == 3);
  cr_assert(reports.size() == 1, "the same one is reported once a second");
  cr_expect(reports[0].kind == Report::Kind::handler_threw);
  cr_expect(reports[0].where == "watch");
  cr_expect(reports[0].what == "again");
}

Test(watch, rejects_a_number_that_is_not_an_open_descriptor) {
  Loop loop(backend_options());
  const auto nothing = [](int) {};
  cr_expect(error_of([&] { const Watch watch(loop, -1, nothing); }) == EBADF);
  cr_expect(error_of([&] { const Watch watch(loop, lowest_free(), nothing); }) == EBADF);

  Pipe pipe;
  Watch watch(loop, pipe.in.get(), nothing);
  pipe.in = Fd();
  cr_expect(error_of([&] { watch.watch(kReadable); }) == EBADF);
  cr_expect(watch.events() == 0);
  turns(loop);
}

Test(watch, rejects_another_mask_for_a_descriptor_that_was_closed) {
  Loop loop(backend_options());
  Pipe pipe;
  Watch watch(loop, pipe.in.get(), [](int) {});
  watch.watch(kReadable);
  loop.poll();
  pipe.in = Fd();
  cr_expect(error_of([&] { watch.watch(kReadable | kWritable); }) == EBADF);
}

Test(watch, reports_a_regular_file_as_always_ready) {
  Loop loop(backend_options());
  const sluice::test::Scratch scratch;
  const Fd file(::open((scratch / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  cr_assert(file.get() >= 0);
  int calls = 0;
  Watch watch(loop, file.get(), [&](int events) {
    cr_expect(events == (kReadable | kWritable));
    ++calls;
  });
  watch.watch(kReadable | kWritable);
  turns(loop, 4);
  cr_expect(calls >= 3, "%d", calls);  // epoll reports it only when it is asked
  watch.stop();
  const int before = calls;
  turns(loop);
  cr_expect(calls == before);
}

// The order that the header requires: destroy the watch, close the descriptor, then watch the
// number, which is another file now. In one turn or in several.
Test(watch, of_a_number_that_was_opened_again_delivers) {
  for (const int turns_between : {0, 2}) {
    Loop loop(backend_options());
    Pipe first;
    Pipe second;
    const int number = ::dup(first.in.get());
    auto watch = std::make_unique<Watch>(loop, number, [](int) { cr_expect(false); });
    watch->watch(kReadable);
    turns(loop);

    watch.reset();
    reopen(number, second);
    turns(loop, turns_between);
    int calls = 0;
    Watch again(loop, number, [&](int) { ++calls; });
    again.watch(kReadable);
    first.say();  // the one that is not watched any more
    turns(loop);
    cr_expect(calls == 0);
    second.say();
    loop.poll();
    cr_expect(calls == 1, "after %d turns", turns_between);
    ::close(number);
  }
}

// A library that reports the close only afterwards, when the number is in use again already.
Test(watch, that_is_stopped_and_started_after_its_number_was_opened_again_delivers) {
  for (const bool anew : {false, true}) {
    Loop loop(backend_options());
    Pipe first;
    Pipe second;
    const int number = ::dup(first.in.get());
    int calls = 0;
    auto watch = std::make_unique<Watch>(loop, number, [&](int) { ++calls; });
    watch->watch(kReadable);
    turns(loop);

    reopen(number, second);
    if (anew) {
      // The new watch is made before the old one is destroyed, as when a map's value is assigned.
      auto next = std::make_unique<Watch>(loop, number, [&](int) { ++calls; });
      next->watch(kReadable);
      watch = std::move(next);
    } else {
      watch->stop();
      watch->watch(kReadable);
    }
    turns(loop);
    cr_expect(calls == 0);
    second.say();
    loop.poll();
    cr_expect(calls == 1, "%d", calls);
    ::close(number);
  }
}

Test(watch, that_was_not_stopped_is_silent_on_epoll_when_its_number_is_opened_again) {
  Loop loop(backend_options());
  Pipe first;
  Pipe second;
  const int number = first.in.release();
  int calls = 0;
  Watch watch(loop, number, [&](int) { ++calls; });
  watch.watch(kReadable);
  turns(loop);
  reopen(number, second);
  watch.watch(kReadable);  // the same mask: this changes nothing, as the header says
  second.say();
  turns(loop);
  cr_expect(calls == (loop.backend() == Backend::epoll ? 0 : 3), "%d", calls);
  watch.watch(kReadable | kWritable);  // another mask has an effect
  turns(loop);
  cr_expect(calls > 0);
  watch.stop();
  ::close(number);
}

Test(watch, of_a_descriptor_that_is_closed_meanwhile_is_reported_by_select_and_not_by_epoll) {
  std::vector<Report> reports;
  Loop loop(backend_options());
  if (loop.backend() == Backend::poll) cr_skip_test("libev's poll asserts that this is not so");
  loop.set_reporter([&](const Report& report) { reports.push_back(report); });
  Pipe pipe;
  Watch watch(loop, pipe.in.get(), [](int) { cr_expect(false); });
  watch.watch(kReadable);
  turns(loop);
  pipe.in = Fd();
  turns(loop);
  if (loop.backend() == Backend::epoll) {
    cr_expect(reports.empty());
    return;
  }
  cr_assert(reports.size() == 1, "%zu", reports.size());
  cr_expect(reports[0].kind == Report::Kind::socket_error);
  cr_expect(reports[0].where == "watch");
  cr_expect(reports[0].error == std::errc::bad_file_descriptor);
  cr_expect(watch.events() == 0);
}

// The kernel's set contains open files, not numbers: a duplicate keeps the old file in it.
Test(watch, that_is_destroyed_after_a_close_leaves_nothing_behind_in_a_duplicate) {
  Loop loop(backend_options());
  const Pipe pipe;
  const int number = ::dup(pipe.in.get());
  auto watch = std::make_unique<Watch>(loop, number, [](int) { cr_expect(false); });
  watch->watch(kReadable);
  turns(loop);
  ::close(number);
  watch.reset();
  pipe.say();
  // The loop still waits; a descriptor that is not watched does not wake it repeatedly.
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(milliseconds(50));
  const std::uint64_t before = loop.counters().turns;
  loop.run();
  cr_expect(loop.counters().turns - before < 8, "%lu turns", loop.counters().turns - before);
}
