// The chat's line handler, and a room around it: the lines do not depend on how the bytes were cut,
// and whatever one member sends, another gets whole lines of printable text and nothing else.
#include <memory>
#include <string>
#include <vector>

#include "fuzz.h"
#include "protocols/chat/chat_intake.h"
#include <sluice/chat.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using fuzz::Choices;

namespace {

std::vector<std::string> lines_of(std::string_view text, std::size_t piece, std::size_t limit) {
  std::vector<std::string> lines;
  ChatIntake intake;
  const auto take = [&](const ChatIntake::Step& step) {
    if (step.kind == ChatIntake::Kind::line) {
      SLUICE_MUST(step.line.size() <= limit);
      SLUICE_MUST(step.line.find('\n') == std::string_view::npos);
      lines.emplace_back(step.line);
    } else if (step.kind == ChatIntake::Kind::too_long) {
      lines.emplace_back("\n");
    }
  };
  for (std::size_t begin = 0; begin < text.size(); begin += piece) {
    auto in = std::as_bytes(std::span(text.data(), text.size())).subspan(begin);
    in = in.first(std::min(piece, in.size()));
    while (!in.empty()) {
      const ChatIntake::Step step = intake.next(in, limit);
      SLUICE_MUST(step.consumed > 0 && step.consumed <= in.size());
      take(step);
      in = in.subspan(step.consumed);
    }
  }
  take(intake.finish());
  return lines;
}

// One member sends, another only listens.
void talk(std::string_view text, std::size_t piece) {
  LoopOptions virtual_time;
  virtual_time.virtual_time = true;
  Loop loop(virtual_time);
  ChatOptions options;
  options.rate.reset();
  options.max_line = 80;
  Chat chat(loop, options);
  MemoryPeer listener(loop, chat.handler());
  MemoryPeer speaker(loop, chat.handler());
  listener.send("listener\n");
  (void)listener.received();
  speaker.send(text, piece);
  speaker.end();
  const std::string heard = listener.received();
  SLUICE_MUST(!listener.closed());
  SLUICE_MUST(heard.empty() || heard.back() == '\n');
  for (const char c : heard) {
    const auto byte = static_cast<unsigned char>(c);
    SLUICE_MUST((byte >= ' ' && byte != 0x7F) || c == '\n' || c == '\t' || c == '\r');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const std::size_t piece = choices.any(64) + 1;
  const std::string text(choices.rest());
  SLUICE_MUST(lines_of(text, piece, 80) == lines_of(text, text.size() + 1, 80));
  talk(text, piece);
  return 0;
}
