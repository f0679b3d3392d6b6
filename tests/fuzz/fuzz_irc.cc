// The parser of IRC lines, and a server around it: the parts of a line are parts of its text, and
// whatever one client sends, another one gets whole lines that can be parsed and nothing else. Over
// WebSocket it gets each line in a separate frame, as UTF-8.
#include <memory>
#include <string>
#include <vector>

#include "fuzz.h"
#include "protocols/irc/irc_line.h"
#include "protocols/webchat/irc_sockets.h"
#include "reactor/base/text/utf8.h"
#include "tests/support/websocket_frames.h"
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

constexpr std::string_view kHandshake =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

void talk_in_frames(const std::vector<std::string>& lines, std::size_t piece) {
  LoopOptions virtual_time;
  virtual_time.virtual_time = true;
  Loop loop(virtual_time);
  ChatOptions options;
  options.rate.reset();
  Chat chat(loop, options);
  WebSocketServer server(loop);
  IrcSockets sockets(chat, server, {});
  ConnectionOptions connection;
  server.prepare(connection);
  MemoryPeer listener(loop, sockets.factory()({}), connection);
  MemoryPeer speaker(loop, sockets.factory()({}), connection);
  const auto frame = [](std::string_view line) { return test::client_frame(test::kText, line); };
  for (MemoryPeer* peer : {&listener, &speaker}) {
    peer->send(kHandshake);
    peer->send(frame(peer == &listener ? "NICK ann" : "NICK bob") + frame("USER u 0 * :r") +
               frame("JOIN #lobby,#room"));
  }
  (void)listener.received();
  for (const std::string& line : lines) {
    // What is not UTF-8 in a text ends the connection, which fuzz_websocket tests.
    if (is_utf8(std::as_bytes(std::span(line)))) speaker.send(frame(line), piece);
  }
  speaker.end();
  const std::string heard = listener.received();
  SLUICE_MUST(!listener.closed());
  std::string again;
  for (const std::string& line : test::messages_of(heard)) {
    SLUICE_MUST(line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos);
    SLUICE_MUST(is_utf8(std::as_bytes(std::span(line))));
    SLUICE_MUST(irc_body_size(line) <= kMaxIrcBody && !parse_irc_line(line).command.empty());
    again += test::server_frame(test::kText, line);
  }
  SLUICE_MUST(again == heard);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const std::size_t piece = choices.any(64) + 1;
  const std::string text(choices.rest());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    parse(lines.back());
    at = end + 1;
  }
  talk(text, piece);
  talk_in_frames(lines, piece);
  return 0;
}
