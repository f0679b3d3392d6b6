// The socket pair between a daemon and the one that takes its place: messages, one at a time.
//
// What it is: a message has fields, which may hold any byte but NUL, and at most one descriptor.
// The other end gets them whole and in order.
// Thread: any, one at a time. Errors: std::system_error; EMSGSIZE above kMaxMessage bytes.
#ifndef SLUICE_TOOLS_SLUICED_UPGRADE_HANDOVER_CHANNEL_H
#define SLUICE_TOOLS_SLUICED_UPGRADE_HANDOVER_CHANNEL_H

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../../reactor/base/fd.h"
#include "descriptor_message.h"

namespace sluice::tools::daemon {

struct HandoverMessage {
  std::vector<std::string> fields;  // at least one
  Fd fd = {};
};

// A message that is to be sent.
struct HandoverItem {
  std::vector<std::string> fields;
  int fd = -1;  // stays the caller's
};

class HandoverChannel {
 public:
  static constexpr std::size_t kMaxMessage = 4096;
  using Status = MessageStatus;

  static std::pair<Fd, Fd> make_pair() { return make_message_pair(); }
  // Makes it non-blocking.
  explicit HandoverChannel(Fd socket);

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] Status send(const std::vector<std::string>& fields, int fd = -1) const;
  [[nodiscard]] Status receive(HandoverMessage& message) const;
  // Waits until there is something to receive. False at the deadline.
  [[nodiscard]] bool wait(std::chrono::milliseconds deadline) const;

 private:
  Fd socket_;
};

// Sends the items from the place `sent` on, which it advances. would_block: the rest has to wait.
MessageStatus send_items(const HandoverChannel& channel, std::span<const HandoverItem> items,
                         std::size_t& sent);

}  // namespace sluice::tools::daemon

#endif
