// The framed service over streams.
#include <string>

#include <criterion/criterion.h>

#include "support/codecs.h"
#include <sluice/framed_reply.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using Kind = MessageReply::Kind;

namespace {

struct World {
  World(std::string_view name, Kind kind, const FramingOptions& options = {})
      : framing(name, options), reply(kind), peer(framed_replies(framing, reply)({})) {}
  World(std::string_view name, const std::string& text)
      : framing(name), reply(framing.codec(), text), peer(framed_replies(framing, reply)({})) {}

  Framing framing;
  MessageReply reply;
  MemoryPeer peer;
};

}  // namespace

Test(framed_reply, answers_each_message_by_its_rule) {
  const std::string wire = "005hello000003yes";
  World echo("decimal:3", Kind::echo);
  echo.peer.send(wire, 1);
  cr_expect(echo.peer.received() == wire);
  World upper("decimal:3", Kind::upper);
  upper.peer.send(wire, 5);
  cr_expect(upper.peer.received() == "005HELLO000003YES");
  World text("decimal:3", "ok");
  text.peer.send(wire);
  cr_expect(text.peer.received() == "002ok002ok002ok");
  World none("decimal:3", Kind::none);
  none.peer.send(wire);
  cr_expect(none.peer.received().empty() && !none.peer.saw_end());
}

Test(framed_reply, closes_when_the_peer_half_closes) {
  World world("netstring", Kind::echo);
  world.peer.send("5:hello,");
  world.peer.end();
  cr_expect(world.peer.received() == "5:hello,");
  cr_expect(world.peer.close_reason() == CloseReason::peer_closed);
  cr_expect(world.peer.reports().empty());
}

Test(framed_reply, answers_lines_with_lf_only) {
  World world("line", Kind::upper);
  world.peer.send("hello\r\nworld\n");
  cr_expect(world.peer.received() == "HELLO\nWORLD\n");
}

Test(framed_reply, reports_an_answer_that_cannot_be_encoded_and_closes) {
  World world("line", Kind::echo);
  world.peer.send("ok\nodd\r\r\nok\n");
  cr_expect(world.peer.received() == "ok\n");
  cr_expect(world.peer.saw_end() && !world.peer.saw_reset());
  cr_assert(world.peer.reports().size() == 1);
  cr_expect(world.peer.reports()[0].what ==
            "127.0.0.1:49152: no answer: the payload ends in CR, which the receiver would strip; "
            "closed");
}

Test(framed_reply, does_not_answer_such_a_message_if_it_is_not_strict) {
  World line("line", Kind::echo, {.strict = false});
  line.peer.send("ok\nodd\r\r\nok\n");
  cr_expect(line.peer.received() == "ok\nok\n");
  World letter("delimiter:41", Kind::upper, {.strict = false});
  letter.peer.send("bcdAbananaAbcdA");
  cr_expect(letter.peer.received() == "BCDABCDA");
}
