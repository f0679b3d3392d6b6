#include "watch.h"

#include <fcntl.h>

#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "../base/report.h"
#include "loop_internals.h"

namespace sluice {
namespace {

int error_of(int descriptor) noexcept { return ::fcntl(descriptor, F_GETFD) < 0 ? errno : 0; }

}  // namespace

Watch::Watch(Loop& loop, int descriptor, Function function)
    : loop_(loop), function_(std::move(function)) {
  watcher_.bind<&Watch::on_ready>(this, descriptor);
  check_open();
}

Watch::~Watch() { stop(); }

void Watch::check_open() const {
  const int error = error_of(descriptor());
  if (error == 0) return;
  throw std::system_error(error, std::generic_category(),
                          "watch: descriptor " + std::to_string(descriptor()));
}

void Watch::watch(int events) {
  LoopInternals::assert_thread(loop_);
  assert((events & ~(kReadable | kWritable)) == 0);
  if (events == 0) return stop();
  if (events == this->events()) return;
  // libev would abort the process.
  check_open();
  if (this->events() == 0) {
    // Bind again: the number may be another open file by now, which epoll must be given even if the
    // mask is unchanged. stop() drops pending events of the old file.
    stop();
    watcher_.bind<&Watch::on_ready>(this, descriptor());
  }
  watcher_.watch(loop_.native(), events);
}

void Watch::stop() noexcept {
  LoopInternals::assert_thread(loop_);
  watcher_.stop(loop_.native());
}

void Watch::on_ready(int events) noexcept {
  // libev stops a watcher that its backend refuses, and reports that as an event.
  if (this->events() == 0) return on_refused();
  // The function may destroy this watch.
  Loop& loop = loop_;
  function_.run([&loop, events](Function& function) {
    LoopInternals::guarded(loop, "watch",
                           [&function, events] { function(events & (kReadable | kWritable)); });
  });
}

void Watch::on_refused() noexcept {
  LoopInternals::guarded(loop_, "watch", [this] {
    // The descriptor is open but was refused: the system has no room for more in epoll.
    const int error = error_of(descriptor());
    loop_.report(
        Report{.kind = Report::Kind::socket_error,
               .where = "watch",
               .what = "descriptor " + std::to_string(descriptor()) + " is not watched any more",
               .error = std::error_code(error != 0 ? error : ENOSPC, std::generic_category())});
  });
}

}  // namespace sluice
