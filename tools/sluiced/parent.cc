#include "parent.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <span>
#include <system_error>
#include <utility>

#include "../../reactor/loop/watcher.h"
#include "configured.h"
#include "reload.h"
#include "settings/passed_sockets.h"
#include "upgrade/handover_channel.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::array kPassedOn = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

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
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t count = ::write(fd.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(errno, "write");
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return fd;
}

PrivilegedEntries entries_of(const Options& options) {
  return {options.listen, options.control, options.log.to};
}

}  // namespace

Parent::Parent(Log& log, Started started, LinkEnds ends)
    : log_(log),
      started_(std::move(started)),
      ends_(std::move(ends)),
      list_(entries_of(started_.options)),
      service_manager_(loop_),
      requests_(loop_, ends_.requests.get(), [this](int /*events*/) { on_requests(); }),
      notices_(loop_, ends_.notices.get(), [this](int /*events*/) { on_notices(); }),
      resume_(loop_, [this] { requests_.watch(kReadable); }) {
  service_manager_.leave_watchdog();
  for (const int number : kPassedOn) {
    signals_.push_back(
        std::make_unique<Signal>(loop_, number, [this, number] { pass_on(number); }));
  }
  requests_.watch(kReadable);
  notices_.watch(kReadable);
}

Outcome Parent::run() {
  if (const std::error_code& error = service_manager_.error()) {
    log_.warning("NOTIFY_SOCKET: the service manager cannot be reached: " + error.message());
  }
  if (!has_ended_) loop_.run();
  const std::string worker = std::to_string(started_.worker);
  if (WIFSIGNALED(status_)) {
    log_.error("the worker, process " + worker + ", was ended by signal " +
               std::to_string(WTERMSIG(status_)));
    return {.status = ExitStatus::failed, .message = {}, .interrupted_by = WTERMSIG(status_)};
  }
  const int status = WEXITSTATUS(status_);
  if (status == 0) return {};
  log_.error("the worker, process " + worker + ", has ended with exit status " +
             std::to_string(status));
  return {.status = static_cast<ExitStatus>(status), .message = {}};
}

// Either of the sockets has ended. A worker that closes one of them and goes on is killed.
void Parent::worker_ended() noexcept {
  if (std::exchange(has_ended_, true)) return;
  requests_.stop();
  notices_.stop();
  resume_.stop();
  status_ = end_program(started_.worker, kPatience);
  loop_.stop();
}

void Parent::pass_on(int number) noexcept {
  if (number == SIGUSR1) {
    try {
      log_.reopen();
    } catch (const std::exception& error) {
      log_.error(error.what());
    }
  }
  RequestBytes room;
  const Request notice{.kind = RequestKind::signal, .number = static_cast<std::uint32_t>(number)};
  try {
    if (send_message(ends_.notices.get(), encode(notice, room)) == MessageStatus::done) return;
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): said below
  }
  log_.error("the worker reads nothing: signal " + std::to_string(number) + " is lost");
}

void Parent::on_requests() {
  RequestBytes room;
  for (std::size_t i = 0; i < kRequestsInTurn; ++i) {
    if (!tokens_.has(kRequestRate, loop_.now())) {
      requests_.stop();
      return resume_.start(kPause);
    }
    ReceivedMessage message;
    const MessageStatus status = receive_message(ends_.requests.get(), room, message);
    if (status == MessageStatus::would_block) return;
    if (status == MessageStatus::ended) return worker_ended();
    (void)tokens_.take(kRequestRate, loop_.now());
    const auto bytes = std::span(room).first(message.size);
    answer(std::move(message), bytes);
    if (has_ended_) return;
  }
}

void Parent::answer(ReceivedMessage message, std::span<const std::byte> bytes) {
  const auto request = decode_request(bytes);
  Answer answer;
  PrivilegedList::Opened opened{EBADMSG};
  if (request && message.is_whole) {
    answer.number = request->number;
    try {
      opened = handle(*request, std::move(message.fd), answer);
    } catch (const std::system_error& error) {
      opened = {error.code().value()};
    }
  }
  answer.error = opened.error;
  const bool is_refused = answer.error == EBADMSG || answer.error == EACCES;
  if (is_refused && !std::exchange(has_warned_, true)) {
    log_.warning("the worker has asked for what is not in the configuration; that is refused");
  }
  // A worker that does not read its answers loses them.
  (void)send_message(ends_.requests.get(), encode(answer), opened.fd.get());
}

PrivilegedList::Opened Parent::handle(const Request& request, Fd sent, Answer& answer) {
  switch (request.kind) {
    case RequestKind::notify:
      if (!is_notification(request.text)) return {EACCES};
      service_manager_.send(std::string(request.text));
      return {};
    case RequestKind::upgrade:
      if (!sent) return {EBADMSG};
      answer.value = start_upgrade(std::move(sent));
      return {};
    case RequestKind::end_upgrade:
      if (next_program_ < 0) return {ESRCH};
      answer.value = end_program(std::exchange(next_program_, -1), kEndOfProgram);
      return {};
    case RequestKind::main_process:
      if (next_program_ < 0) return {ESRCH};
      service_manager_.main_process(next_program_);
      return {};
    case RequestKind::configured:
      use_next();
      return {};
    case RequestKind::unchanged:
      list_.drop_next();
      return {};
    default:
      return list_.open(request);
  }
}

// Sends the sockets of a service manager directly to the new parent: the worker is not trusted with
// them.
pid_t Parent::start_upgrade(Fd channel) {
  if (next_program_ >= 0) fail(EBUSY, "upgrade");
  auto [ours, theirs] = HandoverChannel::make_pair();
  const HandoverChannel passed(std::move(ours));
  for (const PassedSockets::Socket& socket : PassedSockets::of_process().all()) {
    if (passed.send({"passed", socket.name}, socket.fd.get()) != MessageStatus::done) {
      fail(ENOBUFS, "upgrade");
    }
  }
  if (passed.send({"end"}) != MessageStatus::done) fail(ENOBUFS, "upgrade");
  next_program_ = start_program(started_.program, channel.get(), theirs.get());
  return next_program_;
}

void Parent::on_notices() {
  RequestBytes room;
  ReceivedMessage message;
  const MessageStatus status = receive_message(ends_.notices.get(), room, message);
  if (status == MessageStatus::would_block) return;
  if (status == MessageStatus::ended) return worker_ended();
  const auto notice = decode_request(std::span(room).first(message.size));
  if (notice && notice->kind == RequestKind::reload && names_ == nullptr) read_configuration();
}

void Parent::read_configuration() noexcept {
  try {
    next_ = configured(started_.command_line);
    if (!AccountNames::needed(next_.listen)) return send_configuration(next_.listen);
    // Otherwise the worker would not see the end of its parent while this child lives.
    names_ = std::make_unique<AccountNames>(next_.listen, started_.account, [this] {
      ends_.requests.reset();
      ends_.notices.reset();
    });
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
  list_.set_next(entries_of(next_));
  send_text(true, write_for_worker(next_));
}

void Parent::send_faults(const std::exception_ptr& error) noexcept {
  try {
    std::string text;
    for (const std::string& line : lines_of(error)) text += (text.empty() ? "" : "\n") + line;
    send_text(false, text);
  } catch (const std::exception& failure) {
    log_.error(std::string("reload: ") + failure.what());
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
void Parent::use_next() {
  list_.use_next();
  Fd opened = next_.log.to == log_.target() ? Fd() : log_.open(next_.log.to);
  log_.use(next_.log, std::move(opened));
}

}  // namespace sluice::tools::daemon
