// RFC 6455 case by case: what a client sends after the handshake, and what the server answers. The
// server echoes messages.
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/websocket_frames.h"
#include "support/websocket_world.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

namespace {

struct Rule {
  std::string_view section;
  std::string_view what;
  std::string sent;
  std::string answered;
  bool closes = false;  // the server ends the connection
};

std::string failed(unsigned code, std::string_view why) {
  return server_frame(kClose, close_payload(code, why));
}

// Sends it in pieces of several sizes.
void expect(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, MemoryPeer::kUnlimited}) {
      SocketWorld world({.max_message = 200'000});
      world.open();
      const std::string got = world.ask(rule.sent, piece);
      cr_expect(got == rule.answered, "%s, %s: %zu bytes", rule.section.data(), rule.what.data(),
                got.size());
      cr_expect(world.peer->saw_end() == rule.closes, "%s, %s", rule.section.data(),
                rule.what.data());
      cr_expect(!world.peer->saw_reset());
    }
  }
}

}  // namespace

Test(websocket_rules, echoes_messages_of_each_length) {
  std::vector<Rule> rules;
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 65'535U, 65'536U, 65'537U}) {
    const std::string text(size, '*');
    rules.push_back({"5.2", "text", client_frame(kText, text), server_frame(kText, text)});
    rules.push_back({"5.2", "binary", client_frame(kBinary, text), server_frame(kBinary, text)});
  }
  expect(rules);
}

Test(websocket_rules, answers_pings_with_their_payload_and_ignores_pongs) {
  const std::string longest(125, 'p');
  expect({
      {"5.5.2", "empty", client_frame(kPing, ""), server_frame(kPong, "")},
      {"5.5.2", "binary", client_frame(kPing, "\x00\xff"s), server_frame(kPong, "\x00\xff"s)},
      {"5.5.2", "longest", client_frame(kPing, longest), server_frame(kPong, longest)},
      {"5.5", "too long", client_frame(kPing, longest + "p"),
       failed(1002, "a control frame is longer than 125 bytes"), true},
      {"5.5.3", "unsolicited", client_frame(kPong, "x") + client_frame(kPing, "y"),
       server_frame(kPong, "y")},
  });
}

Test(websocket_rules, ends_what_is_reserved) {
  std::vector<Rule> rules;
  for (const unsigned bits : {0x10U, 0x20U, 0x30U, 0x40U, 0x50U, 0x60U, 0x70U}) {
    for (const unsigned opcode : {kText, kBinary, kPing, kClose}) {
      std::string frame = client_frame(opcode, "");
      frame[0] = static_cast<char>(0x80U | bits | opcode);
      rules.push_back({"5.2", "reserved bits", client_frame(kText, "a") + frame,
                       server_frame(kText, "a") + failed(1002, "a reserved bit is set"), true});
    }
  }
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    rules.push_back({"5.2", "reserved opcodes", client_frame(opcode, "x") + client_frame(kPing, ""),
                     failed(1002, "a reserved opcode"), true});
  }
  expect(rules);
}

Test(websocket_rules, ends_a_client_that_does_not_mask) {
  expect({
      {"5.1", "text", server_frame(kText, "a"), failed(1002, "a frame of a client is not masked"),
       true},
      {"5.1", "ping", server_frame(kPing, ""), failed(1002, "a frame of a client is not masked"),
       true},
  });
}

Test(websocket_rules, joins_fragments_and_serves_control_frames_between_them) {
  const std::string begin = client_frame(kText, "frag", Fin::no);
  const std::string end = client_frame(kContinuation, "ment");
  const std::string whole = server_frame(kText, "fragment");
  const std::string inside = failed(1002, "a message begins inside another one");
  expect({
      {"5.4", "two", begin + end, whole},
      {"5.4", "empty ones",
       client_frame(kText, "", Fin::no) + client_frame(kContinuation, "", Fin::no) +
           client_frame(kContinuation, ""),
       server_frame(kText, "")},
      {"5.4", "a ping between", begin + client_frame(kPing, "p") + end,
       server_frame(kPong, "p") + whole},
      {"5.4", "a message after", begin + end + client_frame(kBinary, "b"),
       whole + server_frame(kBinary, "b")},
      {"5.4", "no beginning", end, failed(1002, "a continuation of no message"), true},
      {"5.4", "no beginning, not the last", client_frame(kContinuation, "x", Fin::no),
       failed(1002, "a continuation of no message"), true},
      {"5.4", "after a message", client_frame(kText, "a") + end,
       server_frame(kText, "a") + failed(1002, "a continuation of no message"), true},
      {"5.4", "a text inside", begin + client_frame(kText, "x"), inside, true},
      {"5.4", "a binary inside", begin + client_frame(kBinary, "x", Fin::no), inside, true},
      {"5.5", "a ping in fragments", client_frame(kPing, "p", Fin::no),
       failed(1002, "a control frame is fragmented"), true},
      {"5.5", "a Close in fragments", client_frame(kClose, "", Fin::no),
       failed(1002, "a control frame is fragmented"), true},
  });
}

Test(websocket_rules, ends_text_that_is_not_utf_8) {
  const std::string bad = failed(1007, "a text is not UTF-8");
  const std::string greek = "\u03ba\u1f79\u03c3\u03bc\u03b5";
  expect({
      {"8.1", "valid", client_frame(kText, greek), server_frame(kText, greek)},
      {"8.1", "U+10FFFF", client_frame(kText, "\U0010FFFF"), server_frame(kText, "\U0010FFFF")},
      {"8.1", "NUL", client_frame(kText, "\x00"s), server_frame(kText, "\x00"s)},
      {"8.1", "cut between fragments",
       client_frame(kText, greek.substr(0, 3), Fin::no) +
           client_frame(kContinuation, greek.substr(3)),
       server_frame(kText, greek)},
      {"8.1", "a surrogate", client_frame(kText, "\xED\xA0\x80"), bad, true},
      {"8.1", "overlong", client_frame(kText, "\xC0\xAF"), bad, true},
      {"8.1", "above Unicode", client_frame(kText, "\xF4\x90\x80\x80"), bad, true},
      {"8.1", "ends inside a character", client_frame(kText, "\xCE"), bad, true},
      {"8.1", "the first fragment of a message", client_frame(kText, "a\xFF", Fin::no), bad, true},
      {"5.6", "binary", client_frame(kBinary, "\xED\xA0\x80"),
       server_frame(kBinary, "\xED\xA0\x80")},
  });
}

Test(websocket_rules, answers_a_close_with_its_code_and_ends) {
  std::vector<Rule> rules = {
      {"5.5.1", "empty", client_frame(kClose, ""), server_frame(kClose, ""), true},
      {"5.5.1", "what follows is dropped",
       client_frame(kClose, close_payload(1000)) + client_frame(kText, "late"),
       server_frame(kClose, close_payload(1000)), true},
      {"5.5.1", "the longest reason",
       client_frame(kClose, close_payload(1000, std::string(123, 'r'))),
       server_frame(kClose, close_payload(1000)), true},
      {"5.5.1", "inside a message",
       client_frame(kText, "a", Fin::no) + client_frame(kClose, close_payload(1001)),
       server_frame(kClose, close_payload(1001)), true},
      {"5.5.1", "half a code", client_frame(kClose, "\x03"),
       failed(1002, "a Close frame with half a code"), true},
      {"5.5.1", "a reason that is not UTF-8", client_frame(kClose, close_payload(1000, "\xFF")),
       failed(1007, "the reason of a Close frame is not UTF-8"), true},
      {"5.5", "too long", client_frame(kClose, close_payload(1000, std::string(124, 'r'))),
       failed(1002, "a control frame is longer than 125 bytes"), true},
  };
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U,
                              1013U, 1014U, 3000U, 3999U, 4000U, 4999U}) {
    rules.push_back({"7.4", "valid", client_frame(kClose, close_payload(code)),
                     server_frame(kClose, close_payload(code)), true});
  }
  for (const unsigned code :
       {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65'535U}) {
    rules.push_back({"7.4", "not valid", client_frame(kClose, close_payload(code)),
                     failed(1002, "a Close frame with a code that is not allowed"), true});
  }
  expect(rules);
}

Test(websocket_rules, ends_messages_above_the_limit) {
  const std::string big = failed(1009, "a message is above the limit");
  const std::string most(200'000, 'm');
  expect({
      {"10.4", "the longest", client_frame(kBinary, most), server_frame(kBinary, most)},
      {"10.4", "longer", client_frame(kBinary, most + "m"), big, true},
      {"10.4", "longer in fragments",
       client_frame(kBinary, most, Fin::no) + client_frame(kContinuation, "m"), big, true},
      {"5.2", "the highest bit", "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"s,
       failed(1002, "a length has its highest bit set"), true},
      {"5.2", "2^63 - 1",
       "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
       "abcd"s,
       big, true},
      {"5.2", "not the shortest form", "\x82\xfe\x00\x05"s,
       failed(1002, "a length is not in its shortest form"), true},
  });
}
