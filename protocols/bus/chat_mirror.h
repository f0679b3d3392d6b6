// A member of another house, as a member of this one. Only for ChatBridge.
//
// What it is: its outlet. It reads nothing in rooms: its format has a form only for what is said to
// it alone, and that goes to its house.
#ifndef SLUICE_PROTOCOLS_BUS_CHAT_MIRROR_H
#define SLUICE_PROTOCOLS_BUS_CHAT_MIRROR_H

#include <new>
#include <string>
#include <string_view>

#include "../chat/chat_house.h"
#include "bus_record.h"
#include "chat_bridge.h"
#include "chat_news_text.h"

namespace sluice {

class MirrorFormat final : public ChatFormat {
 public:
  void append(std::string& to, const ChatEvent& event) const override {
    using Kind = ChatEvent::Kind;
    const bool is_said = event.kind == Kind::said || event.kind == Kind::acted ||
                         event.kind == Kind::noticed || event.kind == Kind::tagged;
    if (event.kind != Kind::invited && !(is_said && event.room.empty())) return;
    append_bus_field(to, chat_news::write(chat_news::kAlone, {.event = event}));
  }
};

class ChatBridge::Mirror final : public ChatOutlet {
 public:
  explicit Mirror(Bus& bus) noexcept : bus_(bus) {}

  // False if the house is full.
  bool enter(ChatHouse& house, std::string_view nick, std::string_view origin,
             std::string_view about) {
    static constexpr MirrorFormat kFormat;
    member_ = house.enter({.outlet = *this,
                           .format = kFormat,
                           .nick = nick,
                           .origin = origin,
                           .about = about,
                           .one_room = false});
    return member_ != nullptr;
  }
  void leave(ChatHouse& house) {
    while (!member_->rooms().empty()) house.take_out(*member_, *member_->rooms().back());
    house.leave(*member_, {});
  }
  [[nodiscard]] ChatMember& member() const noexcept { return *member_; }

 private:
  void deliver(const Payload& block) override {
    const auto bytes = block.bytes();
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    try {
      while (const auto body = take_bus_field(text)) bus_.publish(*body);
    } catch (const std::bad_alloc&) {
      return;  // it is lost, as for a member whose connection has ended
    }
  }
  void on_dismissed() override {}

  Bus& bus_;
  ChatMember* member_ = nullptr;
};

}  // namespace sluice

#endif
