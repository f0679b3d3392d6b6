// The keys of the service chat: what they set, what does not go together, and each message.
#include <chrono>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/endpoints/tls_endpoint.h"
#include "tools/sluiced/services/chat_core.h"
#include "tools/sluiced/services/shared_rules.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

// Of the password "sesame", as it is written behind -l.
constexpr const char* kHash =
    "$scrypt$ln=10\\,r=8\\,p=1$c2FsdHNhbHQxMjM0$"
    "INDB3nhEDgfMdkro8oj7zCOPqfff/zmgIAFmoRcNbXE";

// What a chat is made from.
struct ChatPlan {
  ChatOptions chat;
  ListenerOptions listener;
};

ChatPlan parsed(const std::string& keys, const std::string& endpoint = "tcp://*:0") {
  const Settings settings = parse_listen("chat=" + endpoint + keys, {}).settings;
  ChatPlan plan{derive_house(settings), derive_door(settings)};
  plan.chat.max_line = settings.get(chat_keys::kLine);
  return plan;
}

void expect_refused(const std::string& keys, const std::string& why,
                    const std::string& endpoint = "tcp://*:0") {
  expect_message(keys, usage_error_of([&] { (void)parsed(keys, endpoint); }), why);
}

std::vector<ListenSpec> loaded(const std::string& keys) {
  std::vector<ListenSpec> specs = {parse_listen("chat=tcp://*:0" + keys, {})};
  load_greetings(specs);
  return specs;
}

}  // namespace

Test(chat_service, reads_its_greeting_from_a_file) {
  const test::Scratch directory;
  const std::string path = directory / "motd";
  std::ofstream(path) << "one\r\n\ntwo\n\n";
  std::vector<ListenSpec> specs = loaded(",motd=" + path);
  cr_expect(derive_house(specs[0].settings).rules.greeting == "one\n\ntwo");
  cr_expect(greeting_file(specs[0]) == path);
  // What is shown names the file, and a worker gets the text.
  ListenSpec shown = specs[0];
  drop_greeting_text(shown);
  cr_expect(!shown.settings.has(chat_keys::kGreeting) && greeting_file(shown) == path);
  drop_greeting_file(specs[0]);
  cr_expect(!greeting_file(specs[0]) && specs[0].settings.has(chat_keys::kGreeting));
}

Test(chat_service, refuses_a_file_of_a_greeting_beside_a_text_or_above_its_limit) {
  const test::Scratch directory;
  const std::string path = directory / "motd";
  std::ofstream(path) << std::string(4096, 'x');
  cr_expect(loaded(",motd=" + path).size() == 1);
  expect_message(path, usage_error_of([&] { (void)loaded(",greeting=,motd=" + path); }),
                 "motd of service \"chat\": greeting is given, too; one of both is allowed");
  std::ofstream(path, std::ios::app) << 'x';
  expect_message(path, usage_error_of([&] { (void)loaded(",motd=" + path); }),
                 "motd of service \"chat\": the file \"" + path + "\" has more than 4096 bytes");
}

Test(chat_service, without_keys_has_the_defaults_of_a_chat) {
  const ChatPlan plan = parsed("");
  const ChatOptions& options = plan.chat;
  const ChatOptions defaults;
  cr_expect(options.rules.greeting == defaults.rules.greeting);
  cr_expect(options.rules.history == 20U);
  cr_expect(options.rules.max_members == 4096U);
  cr_expect(options.rules.max_rooms == 256U);
  cr_expect(options.rules.block == defaults.rules.block);
  cr_expect(options.max_line == 4096U);
  cr_assert(options.rate.has_value());
  cr_expect(options.rate->interval == std::chrono::milliseconds(100));
  cr_expect(options.rate->burst == 50U);
  cr_expect(options.patience == defaults.patience);
  cr_expect(plan.listener.connection.queue_limit == 1024U * 1024U);
  cr_expect(plan.listener.connection.overflow == OverflowPolicy::close);
}

Test(chat_service, reads_every_key) {
  const ChatPlan plan = parsed(
      ",greeting=Hi\\, all.\\nBe kind.,history=5,max-line=100,max-members=7,max-rooms=3,rate=5/10,"
      "max-in-room=4,burst=8,send-queue=300000,slow=drop");
  const ChatOptions& options = plan.chat;
  cr_expect(options.rules.greeting == "Hi, all.\nBe kind.");
  cr_expect(options.rules.history == 5U);
  cr_expect(options.max_line == 100U);
  cr_expect(options.rules.max_members == 7U);
  cr_expect(options.rules.max_rooms == 3U);
  cr_expect(options.rules.max_in_room == 4U);
  cr_assert(options.rate.has_value());
  cr_expect(options.rate->interval == std::chrono::seconds(2));
  cr_expect(options.rate->burst == 8U);
  cr_expect(plan.listener.connection.queue_limit == 300'000U);
  cr_expect(plan.listener.connection.overflow == OverflowPolicy::drop_newest);
}

Test(chat_service, knows_reserved_names_and_operators) {
  cr_expect(parsed("").chat.rules.reserved == ChatRules().reserved);
  cr_expect(!parsed("").chat.is_operator);
  const ChatPlan plan =
      parsed(",reserved=root admin,operators=0 4000000,operator-certs=ann.example");
  cr_expect(plan.chat.rules.reserved == std::vector<std::string>({"root", "admin"}));
  cr_expect(static_cast<bool>(plan.chat.is_operator));
  expect_refused(",reserved=root the/admin",
                 "reserved \"the/admin\": character 4 cannot be in a name: allowed are 1 to 32 "
                 "letters a-z, digits, '-' and '_'");
}

Test(chat_service, knows_the_passwords_of_operators) {
  if (!TlsEndpoint::is_built_in())
    return expect_refused(
        ",operator-passwords=a:b",
        "operator-passwords \"a\" is not NAME:HASH; allowed for HASH: none, because TLS is "
        "not in this build");
  const std::string hash = kHash;
  const ChatPlan plan = parsed(",operator-passwords=root:" + hash + " ann:" + hash);
  const auto& is_right = plan.chat.rules.check_password;
  cr_assert(static_cast<bool>(is_right));
  cr_expect(is_right("root", "sesame") && is_right("ann", "sesame"));
  cr_expect(!is_right("root", "Sesame") && !is_right("bob", "sesame") && !is_right("", "sesame"));
  cr_expect(!parsed("").chat.rules.check_password);
  const std::string wrong_logins[] = {"root", "root:sesame", "root:" + hash + "=", ":" + hash,
                                      "the/admin:" + hash};
  for (const std::string& wrong : wrong_logins) {
    const std::string name = wrong.substr(0, wrong.find(':'));
    expect_refused(",operator-passwords=" + wrong,
                   "operator-passwords \"" + name +
                       "\" is not NAME:HASH; allowed for HASH: "
                       "$scrypt$ln=N,r=8,p=1$SALT$HASH, where N is 10-15");
  }
}

Test(chat_service, may_greet_nobody_remember_nothing_and_hold_nobody_back) {
  const ChatPlan plan = parsed(",greeting=,history=0,rate=off,burst=1", "unix:///tmp/x");
  const ChatOptions& options = plan.chat;
  cr_expect(options.rules.greeting.empty());
  cr_expect(options.rules.history == 0U);
  cr_expect(!options.rate);
}

Test(chat_service, takes_the_largest_of_each) {
  const ChatPlan plan =
      parsed(",greeting=" + std::string(4096, 'x') +
             ",history=1000,max-line=65536,max-members=4294967295,max-rooms=4294967295,"
             "rate=1000000/86400,burst=1000000,send-queue=1073741824");
  const ChatOptions& options = plan.chat;
  cr_expect(options.rules.history == 1000U);
  cr_expect(options.max_line == 65'536U);
  cr_expect(options.rate->burst == 1'000'000U);
  cr_expect(plan.listener.connection.queue_limit == 1'073'741'824U);
}

Test(chat_service, lets_a_member_be_behind_well_before_its_queue_is_full) {
  const auto roomy = parsed(",send-queue=4194304");
  cr_expect(roomy.listener.connection.high_water == ConnectionOptions().high_water);
  cr_expect(roomy.chat.rules.block == ChatRules().block);
  const auto small = parsed(",send-queue=262144");
  cr_expect(small.listener.connection.high_water == 65'536U);
  cr_expect(small.listener.connection.queue_limit == 262'144U);
  cr_expect(small.chat.rules.block == 65'536U);
}

Test(chat_service, checks_the_keys_together_in_whatever_order_they_come) {
  const auto least = parsed(",send-queue=320000,max-line=40000");
  cr_expect(least.listener.connection.queue_limit == 320'000U);
  for (const char* keys :
       {",send-queue=319999,max-line=40000", ",max-line=40000,send-queue=319999"}) {
    expect_refused(keys,
                   "send-queue 319999 is less than 8 times max-line 40000; allowed: "
                   "320000-1073741824");
  }
}

Test(chat_service, allows_a_connection_what_a_line_and_a_read_need) {
  const ChatPlan plan = parsed(",max-line=65536");
  cr_expect(plan.listener.connection.input_limit >= 65'536 + Loop::kReadBufferSize);
}

Test(chat_service, names_what_is_wrong_with_a_key) {
  expect_refused(",greeting=" + std::string(4097, 'x'), "greeting has 4097 bytes; allowed: 0-4096");
  expect_refused(",history=1001", "history 1001 is not in 0-1000");
  expect_refused(",max-line=0", "max-line 0 is not in 1-65536");
  expect_refused(",max-line=65537", "max-line 65537 is not in 1-65536");
  expect_refused(",max-members=0", "max-members 0 is not in 1-4294967295");
  expect_refused(",max-in-room=0", "max-in-room 0 is not in 1-4294967295");
  expect_refused(",max-rooms=many", "max-rooms \"many\" is not a decimal number in 1-4294967295");
  expect_refused(",rate=10", "rate \"10\" is not LINES/SECONDS, such as 10/1, or off");
  expect_refused(",rate=0/1", "rate's lines 0 is not in 1-1000000");
  expect_refused(",rate=10/", "rate's seconds \"\" is not a decimal number in 1-86400");
  expect_refused(",rate=10/86401", "rate's seconds 86401 is not in 1-86400");
  expect_refused(",burst=0", "burst 0 is not in 1-1000000");
  expect_refused(",send-queue=2147483648", "send-queue 2147483648 is not in 262144-1073741824");
  expect_refused(",send-queue=262143", "send-queue 262143 is not in 262144-1073741824");
  expect_refused(",slow=wait", "slow \"wait\" is not close or drop");
}

Test(chat_service, is_not_served_over_udp) {
  const std::string why = usage_error_of([] { (void)parsed("", "udp://*:0"); });
  cr_expect(why.find("chat") != std::string::npos && why.find("udp") != std::string::npos, "%s",
            why.c_str());
}

namespace {

std::vector<ListenSpec> services(const std::vector<std::string>& texts) {
  std::vector<ListenSpec> specs;
  for (const std::string& text : texts) specs.push_back(parse_listen(text, {}));
  return specs;
}

std::string contradiction_of(const std::vector<std::string>& texts) {
  const std::vector<ListenSpec> specs = services(texts);
  SettingErrors errors;
  validate_shared_rules(specs.back(), std::span(specs).first(specs.size() - 1), errors);
  return errors.empty() ? std::string() : errors.front().key + ": " + errors.front().message;
}

}  // namespace

Test(chat_service, a_rule_that_contradicts_another_service_of_the_house_is_refused) {
  const char* const kFirst = "chat=tcp://127.0.0.1:1,name=lobby,history=5";
  cr_expect(contradiction_of({kFirst, "irc=tcp://127.0.0.1:2,house=Main,history=6"}) ==
                "history: history \"6\" of tcp://127.0.0.1:2 contradicts \"5\" of service "
                "\"lobby\" at tcp://127.0.0.1:1, whose house \"main\" it shares; give it to "
                "one service of the house",
            "%s", contradiction_of({kFirst, "irc=tcp://127.0.0.1:2,house=Main,history=6"}).c_str());
  // Not a contradiction: the same, none, what only one gives, a key of the door, another house, no
  // house.
  for (const char* second :
       {"irc=tcp://127.0.0.1:2,history=5", "irc=tcp://127.0.0.1:2",
        "web=http://127.0.0.1:2,greeting=hi", "chat=tcp://127.0.0.1:2,max-line=9",
        "irc=tcp://127.0.0.1:2,house=other,history=6", "echo=tcp://127.0.0.1:2"}) {
    cr_expect(contradiction_of({kFirst, second}).empty(), "%s", second);
  }
}

Test(chat_service, no_message_repeats_the_hash_of_a_password) {
  if (!TlsEndpoint::is_built_in()) return;
  const std::string keys = ",operator-passwords=ann:" + std::string(kHash);
  const std::string why = contradiction_of(
      {"chat=tcp://127.0.0.1:1" + keys, "irc=tcp://127.0.0.1:2" + keys + " bob:" + kHash});
  cr_expect(why.find("contradicts the value of service") != why.npos, "%s", why.c_str());
  cr_expect(why.find("scrypt") == why.npos, "%s", why.c_str());
}

Test(chat_service, the_rules_of_each_service_are_those_of_all) {
  std::vector<ListenSpec> specs =
      services({"chat=tcp://127.0.0.1:1,history=5", "irc=tcp://127.0.0.1:2,max-rooms=7",
                "irc=tcp://127.0.0.1:3,house=other"});
  share_rules(specs);
  cr_expect(specs[0].settings.get(chat_keys::kRooms) == 7);
  cr_expect(specs[1].settings.get(chat_keys::kHistory) == 5);
  cr_expect(specs[2].settings.get(chat_keys::kHistory) == 20);
}

Test(chat_service, needs_the_directory_of_the_logs_in_one_service_of_the_house) {
  const auto error_of = [](const std::vector<std::string>& listens) {
    std::vector<ListenSpec> specs = services(listens);
    share_rules(specs);
    return usage_error_of([&specs] { check_room_logs(specs); });
  };
  const std::string rooms = "irc=tcp://127.0.0.1:2,logged-rooms=ops";
  cr_expect_eq(error_of({"chat=tcp://127.0.0.1:1,room-log=/d", rooms}), "");
  cr_expect_eq(error_of({rooms, "chat=tcp://127.0.0.1:1,room-log=/d"}), "");
  cr_expect_eq(error_of({rooms, "chat=tcp://127.0.0.1:1,room-log=/d,house=other"}),
               "service \"irc\": logged-rooms needs room-log, the directory of the logs");
}

Test(chat_service, names_the_log_of_a_room_by_the_configuration_alone) {
  const auto files = [](const std::string& keys) {
    return room_log_files(parse_listen("chat=tcp://*:0" + keys, {}).settings);
  };
  cr_expect(files("").empty());
  cr_expect(files(",room-log=/d") == std::vector<RoomLogFile>({{"lobby", "/d/main.lobby.log"}}));
  cr_expect(files(",house=Our-House,room-log=/d,logged-rooms=Ops ops LOBBY") ==
            std::vector<RoomLogFile>(
                {{"ops", "/d/our-house.ops.log"}, {"lobby", "/d/our-house.lobby.log"}}));
}

Test(chat_service, refuses_names_that_leave_the_directory_of_the_logs) {
  for (const char* name : {"../lobby", "a/b", "..", ".", "main.lobby", "a\xc3\xa4"}) {
    expect_refused(",room-log=/d,logged-rooms=" + std::string(name),
                   "logged-rooms " + quote(name) + ": " + chat_name_error(name));
  }
  expect_refused(",room-log=logs", "room-log \"logs\" does not begin with a slash");
  std::string names;
  for (int i = 0; i < 65; ++i) names += " r" + std::to_string(i);
  expect_refused(",room-log=/d,logged-rooms=" + names, "logged-rooms has 65 names; allowed: 1-64");
}
