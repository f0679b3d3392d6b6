// The parent's part in a reload: it reads the configuration, and sends it to the worker.
#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "../../reactor/loop/watcher.h"
#include "../common/write_all.h"
#include "configured.h"
#include "listen_names.h"
#include "parent.h"
#include "reload.h"

namespace sluice::tools::daemon {
namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

// A file without a name that has the text, which may be too long for a message.
Fd file_with(const std::string& text) {
#if defined(__linux__)
  Fd fd(::memfd_create("sluiced.conf", MFD_CLOEXEC));
#else
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  Fd fd(file == nullptr ? -1 : ::fcntl(::fileno(file.get()), F_DUPFD_CLOEXEC, 0));
#endif
  if (!fd) fail(errno, "a file for the configuration");
  if (write_all(fd.get(), text) < text.size()) fail(errno, "a file for the configuration");
  return fd;
}

}  // namespace

void Parent::read_configuration() noexcept {
  try {
    next_ = configured(started_.command_line);
    if (!has_names(next_.listen)) return send_configuration(next_.listen);
    names_ = std::make_unique<AccountNames>(next_.listen, started_.account);
    names_watch_.emplace(loop_, names_->fd(), [this](int /*events*/) { on_names(); });
    names_watch_->watch(kReadable);
  } catch (...) {
    names_.reset();
    send_faults(std::current_exception());
  }
}

void Parent::on_names() noexcept {
  try {
    if (!names_->read()) return;
    names_watch_->stop();
    const std::unique_ptr<AccountNames> names = std::move(names_);
    send_configuration(names->specs());
  } catch (...) {
    names_watch_->stop();
    names_.reset();
    send_faults(std::current_exception());
  }
}

void Parent::send_configuration(std::vector<ListenSpec> specs) {
  next_.listen = std::move(specs);
  list_.set_next({next_.listen, next_.control, next_.log.to});
  next_log_ = next_.log;
  send_text(true, write_for_worker(next_));
}

void Parent::send_faults(const std::exception_ptr& error) noexcept {
  try {
    std::string text;
    for (const std::string& line : lines_of(error)) text += (text.empty() ? "" : "\n") + line;
    send_text(false, text);
  } catch (const std::exception& failure) {
    log_.error("reload: the worker cannot be sent the configuration");
    log_.error(failure.what());
    send_no_text();
  }
}

// The worker waits for an answer: without one it could not reload again.
void Parent::send_no_text() noexcept {
  RequestBytes room;
  const Request notice{.kind = RequestKind::configuration, .number = 1};
  try {
    const MessageStatus status = send_message(ends_.notices.get(), encode(notice, room));
    if (status == MessageStatus::would_block) retry_.start(kPause);
  } catch (const std::exception& failure) {
    log_.error(failure.what());
  }
}

void Parent::send_text(bool ok, const std::string& text) {
  const Fd file = file_with(text);
  RequestBytes room;
  const Request notice{.kind = RequestKind::configuration, .number = ok ? 0U : 1U};
  if (send_message(ends_.notices.get(), encode(notice, room), file.get()) != MessageStatus::done) {
    fail(EPIPE, "the worker");
  }
}

// Its own log is where the worker's is.
PrivilegedList::Opened Parent::use_next() {
  if (!next_log_) return {ESRCH};
  const LogSettings log = *std::exchange(next_log_, {});
  list_.use_next();
  log_.use(log, log.to == log_.target() ? Fd() : log_.open(log.to));
  return {};
}

}  // namespace sluice::tools::daemon
