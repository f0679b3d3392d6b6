// A framed handler for tests: it records its events, and then calls the test's functions.
#ifndef SLUICE_TESTS_SUPPORT_MESSAGES_H
#define SLUICE_TESTS_SUPPORT_MESSAGES_H

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "codecs.h"
#include "text.h"
#include <sluice/connection.h>
#include <sluice/framed.h>
#include <sluice/memory_peer.h>

namespace sluice::test {

struct Journal {
  Lines events;  // "message hello", "error 3: what (skipped)", "end"
  std::function<void(Connection&, std::string_view)> then;  // after a message
};

class Scribe final : public FramedProtocol {
 public:
  Scribe(Framing& framing, Journal& journal) : FramedProtocol(framing), journal_(journal) {}

  using FramedProtocol::send_message;

 private:
  void on_message(Connection& connection, Bytes message) override {
    const std::string text = text_of(message);
    journal_.events.push_back("message " + text);
    if (journal_.then) journal_.then(connection, text);
  }
  void on_end(Connection& connection) override {
    journal_.events.push_back("end");
    FramedProtocol::on_end(connection);
  }
  void on_framing_error(Connection& connection, const CodecError& error) override {
    journal_.events.push_back("error " + std::to_string(error.offset) + ": " + error.message() +
                              (error.can_skip ? " (skipped)" : " (closed)"));
    FramedProtocol::on_framing_error(connection, error);
  }

  Journal& journal_;
};

inline void expect_events(const Lines& got, const Lines& want, std::string_view what = "") {
  for (std::size_t i = 0; i < std::max(want.size(), got.size()); ++i) {
    const std::string is = i < got.size() ? got[i] : "nothing";
    const std::string due = i < want.size() ? want[i] : "nothing";
    cr_expect(is == due, "%s: event %zu is\n  %s\n  not\n  %s", std::string(what).c_str(), i,
              is.c_str(), due.c_str());
  }
}

// The messages, one after the other, in wire format.
inline std::string framed_stream(const Codec& codec, const Lines& messages) {
  std::string wire;
  for (const std::string& message : messages) wire += encoded(codec, message);
  return wire;
}

// Messages that the framing can encode.
inline Lines messages_for(const Codec& codec) {
  Lines messages = {"hello", "a", "one more message", "x y", "last"};
  if (codec.min_limit() > 1) {
    for (std::string& message : messages) message.resize(codec.min_limit(), '.');
  }
  return messages;
}

// A framed connection and its peer in memory.
struct FramedWorld {
  explicit FramedWorld(std::string_view name, const FramingOptions& options = {},
                       const ConnectionOptions& connection = {})
      : framing(name, options), peer(std::make_unique<Scribe>(framing, journal), connection) {}

  // Answers each message with itself.
  void echo() {
    journal.then = [this](Connection& connection, std::string_view message) {
      cr_expect(!framing.send(connection, bytes_of(message)));
    };
  }

  Framing framing;
  Journal journal;
  MemoryPeer peer;
};

}  // namespace sluice::test

#endif
