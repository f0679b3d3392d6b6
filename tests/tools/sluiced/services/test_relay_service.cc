// The keys of the service relay, and which services are one relay.
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/services/service_kinds.h"
#include "tools/sluiced/services/shared_rules.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

std::string core_of(const std::string& text) { return core_name_of(parse_listen(text, {})); }

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_listen(text, {}); }), why);
}

std::string fault_between(const std::string& one, const std::string& other) {
  const std::vector<ListenSpec> before = {parse_listen(one, {})};
  SettingErrors errors;
  validate_shared_rules(parse_listen(other, {}), before, errors);
  return errors.empty() ? std::string() : errors.front().message;
}

}  // namespace

Test(relay_service, those_of_one_house_are_one_and_the_others_are_alone) {
  cr_expect(core_of("relay=tcp://*:1").empty());
  cr_expect(core_of("relay=tcp://*:1,house=Main") == core_of("relay=ws://*:2,house=main"));
  cr_expect(core_of("relay=tcp://*:1,house=main") != core_of("chat=tcp://*:2,house=main"));
  cr_expect(core_of("relay=tcp://*:1,house=main") != core_of("broadcast=udp://*:2,house=main"));
  cr_expect(core_of("broadcast=udp://*:2").empty());
}

Test(relay_service, a_rule_that_contradicts_another_service_of_the_house_is_refused) {
  cr_expect(
      fault_between("relay=tcp://*:1,house=a,max-peers=5", "relay=tcp://*:2,house=a,max-peers=6") ==
      "max-peers \"6\" of tcp://*:2 contradicts \"5\" of service \"relay\" at tcp://*:1, "
      "whose house \"a\" it shares; give it to one service of the house");
  cr_expect(fault_between("relay=tcp://*:1,max-peers=5", "relay=tcp://*:2,max-peers=6").empty(),
            "they share no house");
}

Test(relay_service, names_what_is_wrong_with_a_key) {
  expect_refused(
      "relay=tcp://*:1,house=the attic",
      "house \"the attic\": character 4 cannot be in a name: allowed are 1 to 32 letters "
      "a-z, digits, '-' and '_'");
  expect_refused("relay=ws://*:1,house=a,max-message=65537",
                 "max-message 65537 is more than a relay with a house carries; allowed: 1-65536");
  expect_refused("relay=ws://*:1,house=a,max-message=16777216",
                 "max-message 16777216 is more than a relay with a house carries; allowed: "
                 "1-65536");
  (void)parse_listen("relay=ws://*:1,house=a,max-message=65536", {});
  (void)parse_listen("relay=ws://*:1,max-message=65537", {});
}
