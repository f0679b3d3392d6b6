#include "parent.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <span>
#include <system_error>
#include <utility>

#include "../../reactor/loop/watcher.h"
#include "../common/process_files.h"
#include "daemon_signals.h"
#include "log/report_text.h"
#include "settings/passed_sockets.h"
#include "upgrade/handover_channel.h"

namespace sluice::tools::daemon {
namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

Parent::Parent(Log& log, Started started, LinkEnds ends)
    : log_(log),
      started_(std::move(started)),
      ends_(std::move(ends)),
      list_({started_.options.listen, started_.options.control, started_.options.log.to}),
      service_manager_(loop_),
      requests_(loop_, ends_.requests.get(), [this](int /*events*/) { on_requests(); }),
      notices_(loop_, ends_.notices.get(), [this](int /*events*/) { on_notices(); }),
      resume_(loop_, [this] { requests_.watch(kReadable); }),
      resume_notices_(loop_, [this] { notices_.watch(kReadable); }),
      retry_(loop_, [this] { send_no_text(); }) {
  loop_.set_reporter([this](const Report& report) { log_.warning(text_of(report)); });
  service_manager_.leave_watchdog();
  for (const int number : kDaemonSignals) {
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
  resume_notices_.stop();
  retry_.stop();
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
    } catch (const std::bad_alloc&) {
      opened = {ENOMEM};
    } catch (const std::exception& error) {
      log_.error(error.what());
      opened = {EIO};
    }
  }
  answer.error = opened.error;
  const bool is_refused = answer.error == EBADMSG || answer.error == EACCES;
  if (is_refused && !std::exchange(has_warned_, true)) {
    log_.warning("the worker has asked for what is not in the configuration; that is refused");
  }
  send_answer(answer, opened.fd);
}

// A worker that does not read its answers loses them. One that reads them gets one, also if the
// system does not let a descriptor through.
void Parent::send_answer(Answer answer, const Fd& fd) const noexcept {
  try {
    (void)send_message(ends_.requests.get(), encode(answer), fd.get());
  } catch (const std::system_error& error) {
    answer.error = error.code().value();
    try {
      (void)send_message(ends_.requests.get(), encode(answer));
    } catch (const std::system_error& again) {
      log_.error(again.what());
    }
  }
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
      passing_.reset();
      answer.value = end_program(std::exchange(next_program_, -1), kEndOfProgram);
      return {};
    case RequestKind::main_process:
      if (next_program_ < 0) return {ESRCH};
      service_manager_.main_process(next_program_);
      return {};
    case RequestKind::configured:
      return use_next();
    case RequestKind::descriptors: {
      const auto count = open_descriptors(started_.worker);
      if (!count) return {ENOENT};
      answer.value = static_cast<std::int32_t>(*count);
      return {};
    }
    case RequestKind::unchanged:
      next_log_.reset();
      list_.drop_next();
      return {};
    default:
      return list_.open(request);
  }
}

// Sends the sockets of a service manager directly to the new parent: the worker is not trusted with
// them. The channel may have no room for all of them before that one reads.
pid_t Parent::start_upgrade(Fd channel) {
  if (next_program_ >= 0) fail(EBUSY, "upgrade");
  auto [ours, theirs] = HandoverChannel::make_pair();
  std::vector<HandoverItem> items;
  for (const PassedSockets::Socket& socket : PassedSockets::of_process().all()) {
    items.push_back({{"passed", socket.name}, socket.fd.get()});
  }
  items.push_back({{"end"}});
  passing_.emplace(loop_, std::move(ours), std::move(items));
  next_program_ = start_program(started_.program, channel.get(), theirs.get());
  return next_program_;
}

void Parent::on_notices() {
  if (!notice_tokens_.take(kNoticeRate, loop_.now())) {
    notices_.stop();
    return resume_notices_.start(kPause);
  }
  RequestBytes room;
  ReceivedMessage message;
  const MessageStatus status = receive_message(ends_.notices.get(), room, message);
  if (status == MessageStatus::would_block) return;
  if (status == MessageStatus::ended) return worker_ended();
  const auto notice = decode_request(std::span(room).first(message.size));
  if (notice && notice->kind == RequestKind::reload && names_ == nullptr) read_configuration();
}

}  // namespace sluice::tools::daemon
