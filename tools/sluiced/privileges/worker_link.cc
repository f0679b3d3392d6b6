#include "worker_link.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../upgrade/descriptor_message.h"

namespace sluice::tools::daemon {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

constexpr const char* kParent = "the privileged parent";

void wait_for(int socket, short events, Clock::time_point end) {
  if (!wait_for_socket(socket, events, end)) fail(ETIMEDOUT, kParent);
}

// From its beginning: the parent has written it.
std::string whole_text(int file) {
  std::string text;
  std::array<char, 16 * 1024> part{};
  for (;;) {
    const ssize_t count = ::pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno, "read");
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

// Without the text the reload has failed too: it must end, or no other one could begin.
void receive_configuration(bool ok, const Fd& file, const WorkerLink::Handlers& handlers) {
  std::string text =
      "the privileged parent has sent no configuration; its log says why, unless "
      "this process has no free descriptor";
  try {
    if (file) {
      text = whole_text(file.get());
    } else {
      ok = false;
    }
  } catch (const std::exception& error) {
    ok = false;
    text = error.what();
  }
  handlers.on_configuration(ok, text);
}

}  // namespace

WorkerLink::WorkerLink(Fd requests, Fd notices)
    : requests_(std::move(requests)), notices_(std::move(notices)) {}

bool WorkerLink::receive_notice(const Handlers& handlers) {
  RequestBytes room;
  ReceivedMessage message;
  const MessageStatus status = receive_message(notices_.get(), room, message);
  if (status != MessageStatus::done) return status == MessageStatus::would_block;
  const auto notice = decode_request(std::span(room).first(message.size));
  if (!notice) return true;
  if (notice->kind == RequestKind::signal) {
    handlers.on_signal(static_cast<int>(notice->number));
  } else if (notice->kind == RequestKind::configuration) {
    receive_configuration(notice->number == 0, message.fd, handlers);
  }
  return true;
}

WorkerLink::Result WorkerLink::receive_answer(std::uint32_t number) {
  const auto end = Clock::now() + kPatience;
  for (;;) {
    wait_for(requests_.get(), POLLIN, end);
    AnswerBytes room;
    ReceivedMessage message;
    const MessageStatus status = receive_message(requests_.get(), room, message);
    if (status == MessageStatus::would_block) continue;
    if (status == MessageStatus::ended) fail(EPIPE, kParent);
    const auto answer = decode_answer(std::span(room).first(message.size));
    if (!answer || !message.is_whole) fail(EPROTO, kParent);
    if (answer->number != number) continue;  // of a request that was given up
    if (answer->error != 0) fail(answer->error, kParent);
    return {answer->value, std::move(message.fd)};
  }
}

WorkerLink::Result WorkerLink::ask(RequestKind kind, std::string_view text, int fd) {
  RequestBytes room;
  const auto bytes = encode({.kind = kind, .number = ++number_, .text = text}, room);
  if (bytes.empty()) fail(ENAMETOOLONG, kParent);
  const auto end = Clock::now() + kPatience;
  for (;;) {
    const MessageStatus status = send_message(requests_.get(), bytes, fd);
    if (status == MessageStatus::done) return receive_answer(number_);
    if (status == MessageStatus::ended) fail(EPIPE, kParent);
    wait_for(requests_.get(), POLLOUT, end);
  }
}

void WorkerLink::tell(RequestKind kind, std::string_view text) noexcept {
  try {
    (void)ask(kind, text);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the daemon serves without
  }
}

Fd WorkerLink::open(RequestKind kind, const std::string& name, const std::string& what) {
  try {
    Result result = ask(kind, name);
    if (!result.fd) fail(EPROTO, what);
    return std::move(result.fd);
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), what);
  }
}

Fd WorkerLink::socket(const Endpoint& endpoint) {
  const std::string name = endpoint.to_string();
  return open(RequestKind::socket, name, "bind " + name);
}

Fd WorkerLink::file(const std::string& path) { return open(RequestKind::file, path, path); }

std::optional<std::uint64_t> WorkerLink::descriptors() noexcept {
  try {
    return static_cast<std::uint64_t>(ask(RequestKind::descriptors, {}).value);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Fd WorkerLink::log(const LogTarget& target) {
  if (target.kind == LogTarget::Kind::standard_error) return {};
  return open(RequestKind::log, to_string(target), "log " + quote(target.path));
}

void WorkerLink::own_file(const Endpoint& endpoint) noexcept {
  tell(RequestKind::own_file, endpoint.to_string());
}

void WorkerLink::leave_file(const Endpoint& endpoint) noexcept {
  tell(RequestKind::leave_file, endpoint.to_string());
}

void WorkerLink::remove_file(const Endpoint& endpoint) noexcept {
  tell(RequestKind::remove_file, endpoint.to_string());
}

void WorkerLink::notify(const std::string& message) noexcept { tell(RequestKind::notify, message); }

Launcher WorkerLink::launcher() {
  return {.start = [this](const StartedProgram& program, int channel) -> pid_t {
            try {
              return ask(RequestKind::upgrade, {}, channel).value;
            } catch (const std::system_error& error) {
              throw std::system_error(error.code(), program.path);
            }
          },
          .end =
              [this](pid_t /*process*/, std::chrono::milliseconds /*patience*/) noexcept {
                try {
                  return static_cast<int>(ask(RequestKind::end_upgrade, {}).value);
                } catch (const std::exception&) {
                  return 0;
                }
              }};
}

void WorkerLink::reload() {
  RequestBytes room;
  const MessageStatus status =
      send_message(notices_.get(), encode({.kind = RequestKind::reload}, room));
  if (status != MessageStatus::done) fail(EPIPE, kParent);
}

}  // namespace sluice::tools::daemon
