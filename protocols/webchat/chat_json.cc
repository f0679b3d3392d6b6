#include "chat_json.h"

#include <charconv>
#include <span>

#include "../chat/chat_member.h"
#include "../chat/chat_text.h"
#include "../websocket/websocket_deflate.h"
#include "../websocket/websocket_frame.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

// Empty: the format has no form for it.
std::string_view type_of(const ChatEvent& event) noexcept {
  if (is_for_programs(event)) return {};
  switch (event.kind) {
    case Kind::said:
      return "said";
    case Kind::acted:
      return "acted";
    case Kind::noticed:
      return "noticed";
    case Kind::joined:
      return "joined";
    case Kind::left:
      return "left";
    case Kind::quit:
      return "quit";
    case Kind::renamed:
      return "renamed";
    case Kind::topic:
      return "topic";
    case Kind::kicked:
      return "kicked";
    case Kind::invited:
      return "invited";
    case Kind::away:
      return "away";
    case Kind::mode:
      return "mode";
    case Kind::house:
      return "house";
    case Kind::tagged:
      break;
  }
  return {};
}

std::string_view view_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append_member(std::string& json, std::string_view name, std::string_view text) {
  json += json.empty() ? '{' : ',';
  json.append("\"").append(name).append("\":");
  append_json_string(json, text);
}

// Counts the events that a room appends from its history.
class Counting final : public ChatFormat {
 public:
  explicit Counting(const ChatFormat& format) noexcept : format_(format) {}
  void append(std::string& to, const ChatEvent& event) const override {
    ++count_;
    format_.append(to, event);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  const ChatFormat& format_;
  mutable std::size_t count_ = 0;
};

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
  std::string clean;
  append_chat_text(clean, text);
  to += '"';
  for (const char c : clean) {
    if (c == '"' || c == '\\') to += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      to += ' ';  // a tab, which plain lines may have
    } else {
      to += c;
    }
  }
  to += '"';
}

ChatJson::ChatJson(ChatTime house_since, WebSocketDeflate* deflate) : deflate_(deflate) {
  char digits[20];
  const auto since = static_cast<std::uint64_t>(house_since.time_since_epoch().count());
  const auto end = std::to_chars(std::begin(digits), std::end(digits), since, 16).ptr;
  house_.assign(std::begin(digits), end);
  house_ += '-';
}

void ChatJson::append_frame(std::string& to, std::string_view json) const {
  std::span<const std::byte> packed;
  if (deflate_ != nullptr) {
    packed = deflate_->deflate(std::as_bytes(std::span(json)), WebSocketDeflate::kMaxWindowBits);
  }
  WebSocketFrameHead head(WebSocketOpcode::text, packed.empty() ? json.size() : packed.size());
  if (!packed.empty()) head.set_deflated();
  to.append(view_of(head.bytes())).append(packed.empty() ? json : view_of(packed));
}

std::uint64_t ChatJson::number_of(std::string_view id) const noexcept {
  std::uint64_t number = 0;
  if (!id.starts_with(house_)) return 0;
  id.remove_prefix(house_.size());
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() ? number : 0;
}

void ChatJson::append(std::string& to, const ChatEvent& event) const {
  const std::string_view type = type_of(event);
  if (type.empty()) return;
  std::string json;
  append_member(json, "type", type);
  if (event.id != 0) append_member(json, "id", house_ + std::to_string(event.id));
  json += ",\"time\":" + std::to_string(event.time.time_since_epoch().count());
  if (!event.room.empty()) append_member(json, "room", event.room);
  if (!event.author.empty()) append_member(json, "author", event.author);
  if (!event.target.empty()) append_member(json, "target", event.target);
  if (!event.text.empty()) append_member(json, "text", event.text);
  append_frame(to, json + '}');
}

std::string ChatJson::welcome(const ChatRoom* room, std::string_view name, std::string_view nick,
                              std::string_view greeting, std::string_view after,
                              std::size_t history) const {
  const std::uint64_t number = number_of(after);
  std::string last;
  const Counting counting(*this);
  if (room != nullptr) room->append_history(last, counting, number);
  std::string json;
  append_member(json, "type", "welcome");
  append_member(json, "nick", nick);
  append_member(json, "room", name);
  if (!greeting.empty()) append_member(json, "greeting", greeting);
  if (room != nullptr && !room->topic().text.empty()) {
    append_member(json, "topic", room->topic().text);
  }
  json += ",\"members\":[";
  append_json_string(json, nick);
  std::size_t names = 1;
  for (const ChatRoom::Place& place :
       room == nullptr ? std::vector<ChatRoom::Place>() : room->members()) {
    if (names == kMaxNames) break;
    if (place.member->nick() == nick) continue;
    json += ',';
    append_json_string(json, place.member->nick());
    ++names;
  }
  // Events that the client has not seen may be older than the history.
  const bool is_complete = number != 0 && counting.count() < history;
  json += is_complete ? "],\"resumed\":true}" : "],\"resumed\":false}";
  std::string frames;
  append_frame(frames, json);
  return frames + last;
}

}  // namespace sluice
