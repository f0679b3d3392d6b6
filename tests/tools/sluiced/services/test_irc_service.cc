// The keys of the service irc, and the house that it shares with chat.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/services/chat_core.h"
#include "tools/sluiced/services/irc_service.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

ListenSpec parsed(const std::string& text) { return parse_listen(text, {}); }

void expect_refused(const std::string& keys, const std::string& why) {
  expect_message(keys, usage_error_of([&] { (void)parsed("irc=tcp://*:0" + keys); }), why);
}

}  // namespace

Test(irc_service, is_a_door_to_the_house_of_a_chat) {
  cr_expect(house_of(parsed("irc=tcp://*:0")) == "main");
  cr_expect(house_of(parsed("irc=tcp://*:0")) == house_of(parsed("chat=unix:///tmp/x")));
  cr_expect(house_of(parsed("irc=unix:///tmp/x,house=Attic")) ==
                house_of(parsed("chat=tcp://*:0,house=attic")),
            "as names of rooms, in any case");
  cr_expect(house_of(parsed("irc=tcp://*:0,house=attic")) != "main");
  cr_expect(kIrcKind.core_name(parsed("irc=tcp://*:0,house=x")) == "x");
}

Test(irc_service, reads_the_rules_of_the_house_and_the_keys_of_its_door) {
  const ListenSpec spec = parsed(
      "irc=tcp://*:0,greeting=Hi,max-members=7,max-rooms=3,max-in-room=4,rate=off,history=0,"
      "send-queue=300000,slow=drop,network=home");
  const ChatOptions options = derive_house(spec.settings);
  cr_expect(options.rules.greeting == "Hi" && options.rules.max_members == 7U);
  cr_expect(options.rules.max_rooms == 3U && options.rules.max_in_room == 4U);
  cr_expect(options.rules.history == 0U && !options.rate);
  const ListenerOptions door = derive_door(spec.settings);
  cr_expect(door.connection.queue_limit == 300'000U);
  cr_expect(door.connection.overflow == OverflowPolicy::drop_newest);
}

Test(irc_service, names_what_is_wrong_with_a_key) {
  const std::string allowed = ": allowed are 1 to 32 letters a-z, digits, '-' and '_'";
  expect_refused(",house=the attic",
                 "house \"the attic\": character 4 cannot be in a name" + allowed);
  expect_refused(",network=", "network has 0 bytes; allowed: 1-32");
  expect_refused(",network=a b", "network \"a b\": character 2 cannot be in a name" + allowed);
  expect_refused(",sts=0", "sts 0 is not in 1-65535");
  expect_refused(",history=1001", "history 1001 is not in 0-1000");
}
