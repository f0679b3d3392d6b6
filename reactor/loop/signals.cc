#include "signals.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "../base/mutex.h"
#include "loop_internals.h"

namespace sluice {

namespace {

// The loop that watches each signal, for all threads: libev aborts the process if two do.
class SignalOwners {
 public:
  bool take(int signal, const Loop* loop) {
    const detail::MutexLock lock(mutex_);
    Owner& owner = owners_[static_cast<std::size_t>(signal)];
    if (owner.users > 0 && owner.loop != loop) return false;
    owner.loop = loop;
    ++owner.users;
    return true;
  }
  void give_back(int signal) noexcept {
    const detail::MutexLock lock(mutex_);
    --owners_[static_cast<std::size_t>(signal)].users;
  }

 private:
  struct Owner {
    const Loop* loop = nullptr;
    unsigned users = 0;
  };
  detail::Mutex mutex_;
  std::array<Owner, NSIG> owners_ SLUICE_GUARDED_BY(mutex_){};
};

SignalOwners& signal_owners() {
  static SignalOwners owners;
  return owners;
}

}  // namespace

Signal::Signal(Loop& loop, int signal, Task function)
    : loop_(loop), signal_(signal), function_(std::move(function)) {
  const auto fail = [signal](int error) {
    throw std::system_error(error, std::generic_category(), "signal " + std::to_string(signal));
  };
  LoopInternals::assert_thread(loop);
  if (signal <= 0 || signal >= NSIG || signal == SIGKILL || signal == SIGSTOP) fail(EINVAL);
  // Asks if the signal can be caught at all: the C library reserves some.
  struct sigaction current {};
  if (::sigaction(signal, nullptr, &current) != 0) fail(errno);
  if (!signal_owners().take(signal, &loop)) fail(EBUSY);
  watcher_.bind<&Signal::on_signal>(this, signal);
  watcher_.start(loop_.native());
}

Signal::~Signal() {
  LoopInternals::assert_thread(loop_);
  watcher_.stop(loop_.native());
  signal_owners().give_back(signal_);
}

void Signal::on_signal() noexcept {
  // The function may destroy this object.
  Loop& loop = loop_;
  function_.run([&loop](Task& function) { LoopInternals::guarded(loop, "signal", function); });
}

}  // namespace sluice
