// Unix signals as callbacks, and dispositions that are restored.
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include <sluice/loop.h>
#include <sluice/signals.h>
#include <sluice/timer.h>

using sluice::Loop;
using sluice::Report;
using sluice::Signal;
using sluice::Timer;
using std::chrono::milliseconds;

TestSuite(signals, .timeout = 20);

namespace {

// The error that the constructor of Signal throws, if any.
std::error_code refusal_of(Loop& loop, int signal, std::string* message = nullptr) {
  try {
    const Signal made(loop, signal, [] {});
  } catch (const std::system_error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  return {};
}

bool is_default(int signal) {
  struct sigaction action {};
  cr_assert(::sigaction(signal, nullptr, &action) == 0);
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// Enough turns to handle all signals: libev's own wake-up is a separate event.
void settle(Loop& loop) {
  for (int i = 0; i < 3; ++i) loop.poll();
}

}  // namespace

Test(signals, run_in_the_loop_and_not_in_the_signal_handler) {
  Loop loop(backend_options());
  int ran = 0;
  const Signal signal(loop, SIGUSR1, [&] { ++ran; });
  cr_expect(signal.number() == SIGUSR1);
  ::raise(SIGUSR1);
  cr_expect(ran == 0);
  settle(loop);
  cr_expect(ran == 1);
  settle(loop);
  cr_expect(ran == 1);
}

Test(signals, wake_a_loop_that_waits) {
  Loop loop(backend_options());
  const std::thread::id own = std::this_thread::get_id();
  std::thread::id ran_in;
  const Signal signal(loop, SIGTERM, [&] {
    ran_in = std::this_thread::get_id();
    loop.stop();
  });
  std::thread other([] {
    std::this_thread::sleep_for(milliseconds(10));
    ::kill(::getpid(), SIGTERM);
  });
  loop.run();
  other.join();
  cr_expect(ran_in == own);
}

Test(signals, are_merged_when_they_arrive_together) {
  Loop loop(backend_options());
  int ran = 0;
  const Signal signal(loop, SIGUSR1, [&] { ++ran; });
  for (int i = 0; i < 5; ++i) ::raise(SIGUSR1);
  settle(loop);
  cr_expect(ran == 1, "%d", ran);
  ::raise(SIGUSR1);
  settle(loop);
  cr_expect(ran == 2, "%d", ran);
}

Test(signals, of_different_numbers_are_kept_apart) {
  Loop loop(backend_options());
  int first = 0;
  int second = 0;
  int realtime = 0;
  const Signal one(loop, SIGUSR1, [&] { ++first; });
  const Signal two(loop, SIGUSR2, [&] { ++second; });
  const Signal three(loop, SIGRTMAX, [&] { ++realtime; });
  ::raise(SIGUSR2);
  settle(loop);
  cr_expect(first == 0);
  cr_expect(second == 1);
  ::raise(SIGUSR1);
  ::raise(SIGRTMAX);
  settle(loop);
  cr_expect(first == 1);
  cr_expect(second == 1);
  cr_expect(realtime == 1);
}

Test(signals, may_share_a_number_in_one_loop) {
  Loop loop(backend_options());
  int first = 0;
  int second = 0;
  const Signal one(loop, SIGUSR1, [&] { ++first; });
  {
    const Signal two(loop, SIGUSR1, [&] { ++second; });
    ::raise(SIGUSR1);
    settle(loop);
    cr_expect(first == 1);
    cr_expect(second == 1);
  }
  ::raise(SIGUSR1);  // would end this process if the disposition were restored too early
  settle(loop);
  cr_expect(first == 2);
  cr_expect(second == 1);
}

Test(signals, belong_to_one_loop_at_a_time) {
  Loop first(backend_options());
  Loop second(backend_options());
  {
    const Signal one(first, SIGUSR1, [] {});
    std::string message;
    cr_expect(refusal_of(second, SIGUSR1, &message) == std::errc::device_or_resource_busy);
    cr_expect(message.find(std::to_string(SIGUSR1)) != std::string::npos, "%s", message.c_str());
    const Signal again(first, SIGUSR1, [] {});
    cr_expect(!refusal_of(second, SIGUSR2));
  }
  int ran = 0;
  const Signal two(second, SIGUSR1, [&] { ++ran; });
  cr_expect(refusal_of(first, SIGUSR1).value() == EBUSY);
  ::raise(SIGUSR1);
  settle(first);
  cr_expect(ran == 0);
  settle(second);
  cr_expect(ran == 1);
}

Test(signals, are_rejected_if_the_number_is_invalid_or_cannot_be_caught) {
  Loop loop(backend_options());
  for (const int number : {0, -1, -1000, NSIG, NSIG + 1000, SIGKILL, SIGSTOP}) {
    std::string message;
    const std::error_code error = refusal_of(loop, number, &message);
    cr_expect(error == std::errc::invalid_argument, "signal %d: %d", number, error.value());
    cr_expect(message.find(std::to_string(number)) != std::string::npos, "%s", message.c_str());
  }
  // The C library reserves the first two real-time signals.
  cr_expect(refusal_of(loop, SIGRTMIN - 1).value() == EINVAL);
  cr_expect(!refusal_of(loop, SIGRTMIN));
}

Test(signals, restore_the_disposition) {
  Loop loop(backend_options());
  cr_expect(is_default(SIGUSR1));
  {
    const Signal one(loop, SIGUSR1, [] {});
    cr_expect(!is_default(SIGUSR1));
    {
      const Signal two(loop, SIGUSR1, [] {});
    }
    cr_expect(!is_default(SIGUSR1));
  }
  cr_expect(is_default(SIGUSR1));
}

Test(signals, do_not_change_other_dispositions) {
  ::signal(SIGPIPE, SIG_DFL);
  {
    Loop loop(backend_options());
    const Signal one(loop, SIGUSR1, [] {});
    Timer timer(loop, [] {});
    timer.start(milliseconds(0));
    settle(loop);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGUSR2}) {
      cr_expect(is_default(number), "signal %d", number);
    }
  }
  cr_expect(is_default(SIGPIPE));
}

Test(signals, that_are_pending_when_their_object_is_destroyed_are_dropped) {
  Loop loop(backend_options());
  {
    const Signal signal(loop, SIGUSR1, [] { cr_expect(false, "it is gone"); });
    ::raise(SIGUSR1);
  }
  settle(loop);
}

Test(signals, may_be_destroyed_by_their_own_function) {
  Loop loop(backend_options());
  const auto token = std::make_shared<std::string>("held by the function");
  std::string seen;
  std::unique_ptr<Signal> signal;
  signal = std::make_unique<Signal>(loop, SIGUSR1, [&signal, &seen, token] {
    signal.reset();
    seen = *token;
  });
  ::raise(SIGUSR1);
  settle(loop);
  cr_expect(signal == nullptr);
  cr_expect(seen == "held by the function");
  cr_expect(token.use_count() == 1);
  cr_expect(is_default(SIGUSR1));
}

Test(signals, may_be_destroyed_by_another_of_the_same_number) {
  Loop loop(backend_options());
  int ran = 0;
  std::unique_ptr<Signal> one;
  std::unique_ptr<Signal> two;
  one = std::make_unique<Signal>(loop, SIGUSR1, [&] {
    ++ran;
    two.reset();
  });
  two = std::make_unique<Signal>(loop, SIGUSR1, [&] {
    ++ran;
    one.reset();
  });
  ::raise(SIGUSR1);
  settle(loop);
  cr_expect(ran == 1, "%d", ran);
  cr_expect((one == nullptr) != (two == nullptr));
}

Test(signals, may_be_created_by_the_function_of_another) {
  Loop loop(backend_options());
  int ran = 0;
  std::optional<Signal> second;
  const Signal first(loop, SIGUSR1, [&] {
    if (!second) second.emplace(loop, SIGUSR2, [&] { ++ran; });
  });
  ::raise(SIGUSR1);
  settle(loop);
  cr_assert(second.has_value());
  ::raise(SIGUSR2);
  settle(loop);
  cr_expect(ran == 1);
}

Test(signals, report_an_exception_of_their_function_and_continue) {
  std::vector<Report> reports;
  Loop loop(backend_options());
  loop.set_reporter([&](const Report& report) { reports.push_back(report); });
  std::size_t ran = 0;
  const Signal signal(loop, SIGUSR1,
                      [&ran] { throw std::runtime_error("bad signal " + std::to_string(++ran)); });
  for (std::size_t i = 1; i <= 2; ++i) {
    ::raise(SIGUSR1);
    settle(loop);
    cr_assert(reports.size() == i);
    cr_expect(reports.back().kind == Report::Kind::handler_threw);
    cr_expect(reports.back().where == "signal");
    cr_expect(reports.back().what == "bad signal " + std::to_string(i));
  }
}
