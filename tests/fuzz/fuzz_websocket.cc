// Frames of any bytes: read in parts they say the same as read at once, nothing is delivered above
// the limits, a text is UTF-8, and no memory is counted that is not held.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "protocols/websocket/websocket_deflate.h"
#include "protocols/websocket/websocket_reader.h"
#include "reactor/base/text/utf8.h"

using namespace sluice;

namespace {

constexpr std::size_t kLimit = 300;

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (next.kind != Utf8Character::Kind::whole) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

// What the frames say, as text; parts of `part` bytes arrive one after another. What is held
// back is delivered after it has been refused once.
std::string said(std::string_view text, WebSocketSide from, std::size_t part, bool holds,
                 bool deflates) {
  WebSocketDeflate deflate;
  WebSocketIntake intake{.max_message = kLimit,
                         .max_fragments = 20,
                         .max_pending = 10 * kLimit,
                         .from = from,
                         .deflate = &deflate,
                         .whole = {},
                         .assembled = {}};
  WebSocketReader reader;
  std::string all;
  bool may_deliver = !holds;
  std::size_t begin = 0;
  for (std::size_t end = std::min(part, text.size());;) {
    const std::string_view in = text.substr(begin, end - begin);
    const WebSocketRead read =
        reader.read(std::as_bytes(std::span(in.data(), in.size())), intake, may_deliver, deflates);
    SLUICE_MUST(read.consumed <= in.size());
    SLUICE_MUST(intake.pending <= WebSocketDeflate::most_deflated(kLimit));
    SLUICE_MUST(intake.expanded.size() <= std::max(kLimit, WebSocketReader::kMaxPeeked));
    SLUICE_MUST(reader.is_inside() || intake.pending == 0);
    begin += read.consumed;
    const std::string_view payload(reinterpret_cast<const char*>(read.payload.data()),
                                   read.payload.size());
    may_deliver = !holds || read.event == WebSocketEvent::held;
    switch (read.event) {
      case WebSocketEvent::need_more:
        if (end == text.size()) return all;
        end = std::min(end + part, text.size());
        break;
      case WebSocketEvent::held:
        SLUICE_MUST(holds);
        break;
      case WebSocketEvent::part:
        break;
      case WebSocketEvent::fault:
        SLUICE_MUST(WebSocketCode::is_valid(read.fault.code) && !read.fault.why.empty());
        SLUICE_MUST(read.fault.why.size() <= WebSocketClose::kMaxReason);
        return all + std::to_string(read.fault.code);
      case WebSocketEvent::message:
        SLUICE_MUST(payload.size() <= kLimit);
        SLUICE_MUST(!read.is_text || is_valid(payload));
        [[fallthrough]];
      default:
        SLUICE_MUST(read.event == WebSocketEvent::message || payload.size() <= kMaxControlPayload);
        if (read.event == WebSocketEvent::close) {
          const WebSocketClose close = WebSocketClose::read(read.payload);
          SLUICE_MUST(close.fault || is_valid(close.reason));
        }
        all += static_cast<char>('0' + static_cast<int>(read.event));
        all.append(payload).append("\n");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t part = 1 + choices.any(64);
  const std::size_t mode = choices.any(8);
  const bool holds = (mode & 1U) != 0;
  const WebSocketSide from = (mode & 2U) != 0 ? WebSocketSide::server : WebSocketSide::client;
  const bool deflates = (mode & 4U) != 0;
  const std::string_view text = choices.rest();
  SLUICE_MUST(said(text, from, part, holds, deflates) ==
              said(text, from, text.size() + 1, false, deflates));
  return 0;
}
