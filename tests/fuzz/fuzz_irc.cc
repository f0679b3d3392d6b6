// The parser of IRC lines, and a server around it: the parts of a line are parts of its text, and
// whatever one client sends, another one gets whole lines that can be parsed and nothing else.
#include <memory>
#include <string>

#include "fuzz.h"
#include "protocols/irc/irc_line.h"
#include <sluice/chat.h>
#include <sluice/irc.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using fuzz::Choices;

namespace {

void parse(std::string_view text) {
  const IrcLine line = parse_irc_line(text);
  SLUICE_MUST(line.count <= IrcLine::kMaxParams);
  for (const std::string_view param : line.all()) {
    SLUICE_MUST(param.empty() || (param.data() >= text.data() &&
                                  param.data() + param.size() <= text.data() + text.size()));
  }
  SLUICE_MUST(irc_body_size(text) <= text.size());
  std::string cleaned;
  append_irc_text(cleaned, text);
  SLUICE_MUST(cleaned.find_first_of(std::string_view("\r\n\0", 3)) == cleaned.npos);
  std::string written;
  append_irc_line(written, "server", "X", {"one", cleaned});
  SLUICE_MUST(written.size() <= kMaxIrcBody + 2 && written.ends_with("\r\n"));
}

void talk(std::string_view text, std::size_t piece) {
  LoopOptions virtual_time;
  virtual_time.virtual_time = true;
  Loop loop(virtual_time);
  ChatOptions options;
  options.rate.reset();
  Chat chat(loop, options);
  Irc irc(chat);
  MemoryPeer listener(loop, irc.handler());
  MemoryPeer speaker(loop, irc.handler());
  listener.send("NICK ann\r\nUSER u 0 * :r\r\nJOIN #lobby,#room\r\n");
  speaker.send("NICK bob\r\nUSER u 0 * :r\r\nJOIN #lobby,#room\r\n");
  (void)listener.received();
  speaker.send(text, piece);
  speaker.end();
  std::string heard = listener.received();
  SLUICE_MUST(!listener.closed());
  while (!heard.empty()) {
    const std::size_t end = heard.find("\r\n");
    SLUICE_MUST(end != heard.npos && irc_body_size(heard.substr(0, end)) <= kMaxIrcBody);
    const std::string line = heard.substr(0, end);
    SLUICE_MUST(line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos);
    SLUICE_MUST(!parse_irc_line(line).command.empty());
    heard.erase(0, end + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const std::size_t piece = choices.any(64) + 1;
  const std::string text(choices.rest());
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    parse(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  talk(text, piece);
  return 0;
}
