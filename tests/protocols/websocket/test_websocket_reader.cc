// WebSocketReader: messages from frames, in pieces of any size, and its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/websocket/websocket_reader.h"
#include "support/websocket_frames.h"

using namespace sluice;
using namespace sluice::test;

namespace {

using Event = WebSocketEvent;

WebSocketIntake intake_of(std::size_t max_message = 1000, std::size_t max_fragments = 1000) {
  return {.max_message = max_message,
          .max_fragments = max_fragments,
          .max_pending = 2000,
          .whole = {},
          .assembled = {}};
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What a client said, a line each; it arrives in pieces of `piece` bytes.
class Client {
 public:
  explicit Client(const WebSocketIntake& intake = intake_of()) : intake_(intake) {}

  std::string say(std::string_view bytes, std::size_t piece = SIZE_MAX) {
    std::string said;
    while (!bytes.empty() && !failed_) {
      const std::size_t size = std::min(piece, bytes.size());
      waiting_.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      read(said);
    }
    return said;
  }
  [[nodiscard]] std::size_t unread() const { return waiting_.size(); }
  [[nodiscard]] WebSocketIntake& intake() { return intake_; }
  [[nodiscard]] WebSocketReader& reader() { return reader_; }
  bool may_deliver = true;

 private:
  void read(std::string& said) {
    while (!failed_) {
      const auto in = std::as_bytes(std::span(waiting_.data(), waiting_.size()));
      const WebSocketRead got = reader_.read(in, intake_, may_deliver);
      cr_assert(got.consumed <= waiting_.size());
      waiting_.erase(0, got.consumed);
      failed_ = got.event == Event::fault;
      note(got, said);
      if (got.event == Event::need_more || got.event == Event::held) return;
    }
  }
  static void note(const WebSocketRead& got, std::string& said) {
    const std::string payload(text_of(got.payload));
    if (got.event == Event::message) said += (got.is_text ? "text " : "binary ") + payload + '\n';
    if (got.event == Event::ping) said += "ping " + payload + '\n';
    if (got.event == Event::pong) said += "pong " + payload + '\n';
    if (got.event == Event::close) said += "close " + payload + '\n';
    if (got.event == Event::held) said += "held\n";
    if (got.event == Event::fault) said += std::to_string(got.fault.code) + '\n';
  }

  WebSocketIntake intake_;
  WebSocketReader reader_;
  std::string waiting_;
  bool failed_ = false;
};

}  // namespace

Test(websocket_reader, says_the_same_however_the_bytes_arrive) {
  const std::string bytes =
      client_frame(kText, "one") + client_frame(kBinary, "") + client_frame(kText, "t", Fin::no) +
      client_frame(kPing, "still there?") + client_frame(kContinuation, "", Fin::no) +
      client_frame(kPong, "") + client_frame(kContinuation, "w\u00f6") +
      client_frame(kBinary, std::string(700, 'b')) + client_frame(kClose, close_payload(1000));
  const std::string want = "text one\nbinary \nping still there?\npong \ntext tw\u00f6\nbinary " +
                           std::string(700, 'b') + "\nclose " + close_payload(1000) + "\n";
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 64U, 10'000U}) {
    Client client;
    cr_expect(client.say(bytes, piece) == want, "pieces of %zu", piece);
    cr_expect(client.intake().pending == 0);
  }
}

Test(websocket_reader, finds_text_that_is_not_utf_8_as_soon_as_it_arrives) {
  Client in_a_frame;
  const std::string frame = client_frame(kText, "ab\xFFzzzzzzzzzz");
  cr_expect(in_a_frame.say(frame.substr(0, 8)).empty());
  cr_expect(in_a_frame.say(frame.substr(8, 1)) == "1007\n");

  Client in_a_fragment;
  cr_expect(in_a_fragment.say(client_frame(kText, "\xE2\x82", Fin::no)).empty());
  cr_expect(in_a_fragment.say(client_frame(kContinuation, "\x28", Fin::no)) == "1007\n");

  Client cut;
  cr_expect(cut.say(client_frame(kText, "\xE2\x82", Fin::no)).empty());
  cr_expect(cut.say(client_frame(kContinuation, "")) == "1007\n");
}

Test(websocket_reader, does_not_look_at_the_bytes_of_binary_messages) {
  Client client;
  cr_expect(client.say(client_frame(kBinary, "\xFF\xFE", Fin::no) +
                       client_frame(kContinuation, "\xED\xA0")) == "binary \xFF\xFE\xED\xA0\n");
}

Test(websocket_reader, refuses_a_message_above_the_limit_at_its_header) {
  Client exact;
  cr_expect(exact.say(client_frame(kBinary, std::string(1000, 'x'))).size() > 1000);
  Client large;
  cr_expect(large.say(client_frame(kBinary, std::string(1001, 'x')).substr(0, 8)) == "1009\n");
  Client fragments;
  cr_expect(fragments.say(client_frame(kBinary, std::string(600, 'x'), Fin::no)).empty());
  cr_expect(fragments.say(client_frame(kContinuation, std::string(401, 'x')).substr(0, 8)) ==
            "1009\n");
}

Test(websocket_reader, gives_a_length_no_memory_before_its_bytes_arrive) {
  WebSocketIntake intake = intake_of(std::size_t{1} << 62U);
  intake.max_pending = SIZE_MAX;
  Client client(intake);
  cr_expect(
      client.say(std::string("\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff", 10) + "abcdxyz").empty());
  cr_expect(client.intake().pending == 3);
}

Test(websocket_reader, limits_the_fragments_of_a_message) {
  Client client(intake_of(1000, 3));
  std::string bytes = client_frame(kText, "a", Fin::no) + client_frame(kContinuation, "", Fin::no);
  cr_expect(client.say(bytes + client_frame(kContinuation, "b")) == "text ab\n");
  bytes += client_frame(kContinuation, "", Fin::no);
  cr_expect(client.say(bytes).empty());
  cr_expect(client.say(client_frame(kContinuation, "")) == "1009\n");
}

Test(websocket_reader, limits_what_all_readers_hold_together) {
  Client client;
  WebSocketReader other;
  WebSocketReader third;
  const std::string bytes = client_frame(kBinary, std::string(1000, 'x')).substr(0, 908);
  const auto in = std::as_bytes(std::span(bytes.data(), bytes.size()));
  cr_expect(client.say(bytes).empty());
  cr_expect(other.read(in, client.intake()).event == Event::need_more);
  cr_expect(client.intake().pending == 1800);
  cr_expect(third.read(in, client.intake()).fault.code == WebSocketCode::kTryAgainLater);
  other.reset();
  cr_expect(client.intake().pending == 900);
  WebSocketReader fourth;
  cr_expect(fourth.read(in, client.intake()).event == Event::need_more);
}

Test(websocket_reader, leaves_the_end_of_a_message_that_may_not_be_delivered) {
  for (const std::string& bytes :
       {client_frame(kText, "hello"),
        client_frame(kText, "he", Fin::no) + client_frame(kContinuation, "llo"),
        client_frame(kText, "hello", Fin::no) + client_frame(kContinuation, "")}) {
    for (const std::size_t piece : {1U, 4U, 100U}) {
      Client client;
      client.may_deliver = false;
      const std::string held = client.say(bytes, piece);
      cr_expect(held == "held\n");
      cr_expect(client.unread() > 0);
      client.may_deliver = true;
      cr_expect(client.say(client_frame(kPing, "")) == "text hello\nping \n");
    }
  }
}

Test(websocket_reader, delivers_control_frames_while_a_message_is_held) {
  Client client;
  client.may_deliver = false;
  cr_expect(client.say(client_frame(kText, "a", Fin::no) + client_frame(kPing, "p")) == "ping p\n");
  cr_expect(client.reader().is_inside());
}
