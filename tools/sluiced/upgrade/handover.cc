#include "handover.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../../common/number.h"
#include "../endpoints/socket_keys.h"
#include "../settings/passed_sockets.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxWhy = 2048;  // bytes of a reason

}  // namespace

std::vector<std::string> handover_name(std::string_view word, const ListenSpec& spec) {
  return {std::string(word), spec.kind, service_name(spec), spec.endpoint().to_string()};
}

void Handover::read_environment(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return;
  const auto number = parse_digits(text, 10);
  const std::string wrong = std::string(variable) + ' ' + quote(text);
  ::unsetenv(variable);
  if (!number || *number <= 2 || *number > 1'000'000) {
    throw std::runtime_error(wrong + " is not a descriptor of sluiced's upgrade");
  }
  channel_.emplace(Fd(static_cast<int>(*number)));
}

void Handover::receive_sockets() {
  if (!channel_ || std::exchange(received_, true)) return;
  while (true) {
    HandoverMessage message = expect_message();
    const std::string word = message.fields.front();
    message.fields.erase(message.fields.begin());
    if (word == "end") return;
    if (!message.fd)
      throw std::runtime_error("upgrade: a message " + quote(word) + " has no socket");
    if (word == "socket" && message.fields.size() == 3) {
      sockets_.push_back({std::move(message.fields), std::move(message.fd)});
    } else if (word == "passed" && message.fields.size() == 1) {
      PassedSockets::of_process().add(std::move(message.fields[0]), std::move(message.fd));
    } else if (word == "control" && message.fields.size() == 1) {
      control_ = {std::move(message.fields), std::move(message.fd)};
    }  // else it is of a later version
  }
}

HandoverMessage Handover::expect_message() {
  HandoverMessage message;
  while (true) {
    const HandoverChannel::Status status = channel_->receive(message);
    if (status == HandoverChannel::Status::done) return message;
    if (status == HandoverChannel::Status::ended) {
      throw std::runtime_error("upgrade: the old process has ended");
    }
    if (!channel_->wait(kPatience)) {
      throw std::runtime_error("upgrade: the old process has been silent for " +
                               std::to_string(kPatience.count()) + " s");
    }
  }
}

Fd Handover::take(const ListenSpec& spec) {
  const std::vector<std::string> name = handover_name("", spec);
  const bool any_port = spec.scheme() != Scheme::unix_stream && spec.target.port() == 0;
  for (const bool same_service : {true, false}) {
    if (any_port && !same_service) break;
    for (Socket& socket : sockets_) {
      const bool is_same = std::equal(name.begin() + 1, name.end() - 1, socket.fields.begin());
      if (socket.fd && socket.fields.back() == name.back() && is_same == same_service) {
        return std::move(socket.fd);
      }
    }
  }
  return {};
}

Fd Handover::take_at(const Endpoint& endpoint) {
  const std::string name = endpoint.to_string();
  for (Socket& socket : sockets_) {
    if (socket.fd && socket.fields.back() == name) return std::move(socket.fd);
  }
  return {};
}

Fd Handover::take_control(const Endpoint& endpoint) {
  if (!control_.fd || control_.fields.front() != endpoint.to_string()) return {};
  return std::move(control_.fd);
}

void Handover::ready(ServiceSet& services) {
  (void)channel_->send({"ready"});
  try {
    while (true) {
      const HandoverMessage message = expect_message();
      if (message.fields.front() == "go") return;
      add_counters(message, services);
    }
  } catch (const std::exception&) {
    HandoverMessage message;
    if (channel_->receive(message) != HandoverChannel::Status::ended) throw;
  }
}

void Handover::fail(std::string_view why) noexcept {
  if (!channel_) return;
  try {
    // Unread messages would make the system drop this one when the socket is closed.
    HandoverMessage unread;
    while (!received_ && channel_->wait(kUnread) &&
           channel_->receive(unread) == HandoverChannel::Status::done) {
      received_ = unread.fields.front() == "end";
    }
    (void)channel_->send({"failed", std::string(why.substr(0, kMaxWhy))});
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the old one sees the end
  }
}

void Handover::add_counters(const HandoverMessage& message, ServiceSet& services) const {
  const std::vector<std::string>& fields = message.fields;
  if (fields.front() != "counters" || fields.size() != 8) return;
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 4; i < fields.size(); ++i)
    numbers.push_back(parse_digits(fields[i], 10).value_or(0));
  for (const ServiceSet::Member& member : services.members()) {
    if (!member.serves()) continue;
    const std::vector<std::string> name = handover_name("", member.spec);
    if (!std::equal(name.begin() + 1, name.end(), fields.begin() + 1)) continue;
    services.add_counters(*member.service, {0, numbers[0], numbers[1], numbers[2], numbers[3]});
    return;
  }
}

bool Handover::receive_counters(ServiceSet& services) const {
  HandoverMessage message;
  while (true) {
    const HandoverChannel::Status status = channel_->receive(message);
    if (status != HandoverChannel::Status::done) {
      return status == HandoverChannel::Status::would_block;
    }
    add_counters(message, services);
  }
}

void Handover::close() noexcept {
  channel_.reset();
  drop_rest();
}

void Handover::drop_rest() noexcept {
  sockets_.clear();
  control_.fd.reset();
}

}  // namespace sluice::tools::daemon
