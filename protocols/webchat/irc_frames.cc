#include "irc_frames.h"

#include <array>
#include <cstddef>

#include "../websocket/websocket_frame.h"

namespace sluice {
namespace {

class IrcFrames final : public ChatFormat {
 public:
  constexpr IrcFrames(std::size_t format, WebSocketKind kind) noexcept
      : format_(format), kind_(kind) {}

  void append(std::string& to, const ChatEvent& event) const override {
    std::string lines;
    IrcCapabilities::format(format_).append(lines, event);
    append_irc_frames(to, lines, kind_);
  }

 private:
  std::size_t format_;
  WebSocketKind kind_;
};

using Formats = std::array<IrcFrames, IrcCapabilities::kFormats>;

constexpr Formats formats_of(WebSocketKind kind) noexcept {
  return {IrcFrames(0, kind), IrcFrames(1, kind), IrcFrames(2, kind), IrcFrames(3, kind),
          IrcFrames(4, kind), IrcFrames(5, kind), IrcFrames(6, kind), IrcFrames(7, kind)};
}

constexpr Formats kTextFormats = formats_of(WebSocketKind::text);
constexpr Formats kBinaryFormats = formats_of(WebSocketKind::binary);

}  // namespace

void append_irc_frames(std::string& to, std::string_view lines, WebSocketKind kind) {
  constexpr std::string_view kEnd = "\r\n";
  const bool is_text = kind == WebSocketKind::text;
  const WebSocketOpcode opcode = is_text ? WebSocketOpcode::text : WebSocketOpcode::binary;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find(kEnd));
    lines.remove_prefix(line.size() + kEnd.size());
    const WebSocketFrameHead head(opcode, line.size());
    to.append(reinterpret_cast<const char*>(head.bytes().data()), head.bytes().size());
    to.append(line);
  }
}

const ChatFormat& irc_frames(const IrcCapabilities& capabilities, WebSocketKind kind) {
  const Formats& formats = kind == WebSocketKind::text ? kTextFormats : kBinaryFormats;
  return formats[capabilities.format_index()];
}

}  // namespace sluice
