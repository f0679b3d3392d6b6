#include "chat_service.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../../../protocols/chat/chat_lines.h"
#include "../../../protocols/webchat/chat_sockets.h"
#include "../endpoints/socket_keys.h"
#include "chat_core.h"
#include "listening_service.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

using namespace chat_keys;

constexpr std::string_view kOperator = "operator";

constexpr const Key* kKeys[] = {&kHouse,     &kGreeting,  &kMotd,           &kHistory,
                                &kLine,      &kMembers,   &kInRoom,         &kRooms,
                                &kReserved,  &kOperators, &kOperatorCerts,  &kOperatorPasswords,
                                &kRate,      &kBurst,     &kRoomLog,        &kLoggedRooms,
                                &kSendQueue, &kSlow,      &kMessageTimeout, &kFirstMessageTimeout};

// A door to the house.
class ChatService final : public ListeningService, private ChatOutlet {
 public:
  // REQUIRES: `chat` outlives it.
  ChatService(const ServiceHost& host, const ListenSpec& spec, Chat& chat) : chat_(chat) {
    listen(host, spec, chat_.factory(spec.settings.get(kLine)), derive_door(spec.settings));
  }
  ~ChatService() override { close_console(); }

  void open_console(Console& console) override {
    console_ = &console;
    member_ = ChatLines(chat_.house()).enter(*this, kOperator, "chat@chat", true);
  }
  void console_line(std::string_view line) override {
    if (member_ == nullptr) return;
    // The operator speaks also while somebody is behind: a terminal does not flood.
    (void)ChatLines(chat_.house()).submit(*member_, line, ChatHouse::Congestion::ignore);
  }
  void close_console() override {
    console_ = nullptr;
    if (ChatMember* member = std::exchange(member_, nullptr)) chat_.house().leave(*member, {});
  }

 private:
  void deliver(const Payload& block) override {
    if (console_ == nullptr) return;
    const auto bytes = block.bytes();
    console_->print({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void on_dismissed() override {
    member_ = nullptr;
    if (console_ != nullptr) console_->leave();
  }

  Chat& chat_;
  Console* console_ = nullptr;
  ChatMember* member_ = nullptr;
};

// The same for browsers.
class ChatOverWebSocket final : public WebSocketService {
 public:
  // REQUIRES: `chat` outlives it.
  ChatOverWebSocket(const ServiceHost& host, const ListenSpec& spec, Chat& chat)
      : WebSocketService(host, spec, derive_websocket(spec.settings, kMaxLine),
                         derive_door(spec.settings)),
        sockets_(chat, server(),
                 {.path = {}, .max_line = static_cast<std::size_t>(spec.settings.get(kLine))}) {
    serve(host, spec, sockets_.factory());
  }

 private:
  ChatSockets sockets_;
};

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  Chat& chat = chat_of(host);
  if (spec.speaks_websocket()) return std::make_unique<ChatOverWebSocket>(host, spec, chat);
  return std::make_unique<ChatService>(host, spec, chat);
}

}  // namespace

const ServiceKind kChatKind = {
    .name = "chat",
    .summary = "lets people talk in rooms, line by line",
    .over_streams = true,
    .over_udp = false,
    .console = ConsoleUse::talks,
    .keys = kKeys,
    .websocket_keys = kWebSocketConnectionKeys,
    .validate = validate_door,
    .make_core = make_house,
    .core_name = house_of,
    .core_keys = kHouseKeys,
    .start = start,
};

}  // namespace sluice::tools::daemon
