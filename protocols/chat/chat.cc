#include "chat.h"

#include <utility>

#include "chat_desk.h"
#include "chat_peer.h"

namespace sluice {

class Chat::Impl {
 public:
  Impl(Loop& loop, ChatOptions options) : desk(loop, std::move(options)) {}
  ChatDesk desk;
};

Chat::Chat(Loop& loop, ChatOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}

Chat::~Chat() = default;

ProtocolRef Chat::handler() { return std::make_unique<ChatPeer>(impl_->desk); }

ProtocolFactory Chat::factory() {
  return [this](const Address&) { return handler(); };
}

ProtocolFactory Chat::factory(std::size_t max_line) {
  return [this, max_line](const Address&) {
    return std::make_unique<ChatPeer>(impl_->desk, max_line);
  };
}

ChatDesk& Chat::desk() noexcept { return impl_->desk; }

ChatHouse& Chat::house() noexcept { return impl_->desk.house(); }

void Chat::set_options(ChatOptions options) { impl_->desk.set_options(std::move(options)); }

const ChatOptions& Chat::options() const noexcept { return impl_->desk.options(); }

}  // namespace sluice
