#include "handover_channel.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "../../common/names.h"

namespace sluice::tools::daemon {

HandoverChannel::HandoverChannel(Fd socket) : socket_(std::move(socket)) {
  set_nonblocking_cloexec(socket_.get());
}

HandoverChannel::Status HandoverChannel::send(const std::vector<std::string>& fields,
                                              int fd) const {
  std::string bytes;
  for (const std::string& field : fields) {
    if (!bytes.empty()) bytes += '\0';
    bytes += field;
  }
  if (bytes.size() > kMaxMessage) {
    throw std::system_error(EMSGSIZE, std::generic_category(), "sendmsg");
  }
  return send_message(socket_.get(), std::as_bytes(std::span(bytes)), fd);
}

HandoverChannel::Status HandoverChannel::receive(HandoverMessage& message) const {
  std::array<char, kMaxMessage> bytes{};
  ReceivedMessage received;
  const Status status =
      receive_message(socket_.get(), std::as_writable_bytes(std::span(bytes)), received);
  if (status != Status::done) return status;
  if (!received.is_whole) {
    throw std::system_error(EMSGSIZE, std::generic_category(), "recvmsg");
  }
  message.fd = std::move(received.fd);
  message.fields = split_names({bytes.data(), received.size}, '\0');
  return Status::done;
}

bool HandoverChannel::wait(std::chrono::milliseconds deadline) const {
  return wait_for_socket(socket_.get(), POLLIN, std::chrono::steady_clock::now() + deadline);
}

MessageStatus send_items(const HandoverChannel& channel, std::span<const HandoverItem> items,
                         std::size_t& sent) {
  for (; sent < items.size(); ++sent) {
    const MessageStatus status = channel.send(items[sent].fields, items[sent].fd);
    if (status != MessageStatus::done) return status;
  }
  return MessageStatus::done;
}

}  // namespace sluice::tools::daemon
