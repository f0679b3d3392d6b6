// Clients of IRC in a chat, in memory: the answers to what they send.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/chat/chat_carrier.h"
#include <sluice/chat.h>
#include <sluice/irc.h>
#include <sluice/memory_peer.h>

using sluice::Address;
using sluice::Chat;
using sluice::ChatEvent;
using sluice::ChatNews;
using sluice::ChatOptions;
using sluice::ConnectionOptions;
using sluice::Irc;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::TokenRate;
using std::chrono::milliseconds;

namespace {

ChatOptions plain() {
  ChatOptions options;
  options.rules.greeting.clear();
  options.rate.reset();
  return options;
}

using PeerRef = std::unique_ptr<MemoryPeer>;

struct World {
  explicit World(ChatOptions options = plain()) : chat(loop, std::move(options)), irc(chat) {}

  PeerRef connect(const ConnectionOptions& options = {}) {
    const std::string address = "192.0.2." + std::to_string(++peers);
    return std::make_unique<MemoryPeer>(loop, irc.handler(), options,
                                        *Address::from_ip(address, 40'000));
  }
  // Registers, joins `channel`, and drops what it reads.
  PeerRef enter(const std::string& nick, const std::string& channel = "#room",
                const std::string& before = {}, const ConnectionOptions& options = {}) {
    PeerRef peer = connect(options);
    peer->send(before + "NICK " + nick + "\r\nUSER " + nick + " 0 * :Real " + nick + "\r\n");
    if (!channel.empty()) peer->send("JOIN " + channel + "\r\n");
    (void)peer->received();
    return peer;
  }
  // A member with plain lines.
  PeerRef enter_with_lines(const std::string& nick, const std::string& room) {
    const std::string address = "198.51.100." + std::to_string(++peers);
    auto peer = std::make_unique<MemoryPeer>(loop, chat.handler(), ConnectionOptions{},
                                             *Address::from_ip(address, 40'000));
    peer->send("/nick " + nick + "\n/join " + room + "\n");
    (void)peer->received();
    return peer;
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  Chat chat;
  Irc irc;
  int peers = 0;
};

std::string ask(MemoryPeer& peer, const std::string& line) {
  (void)peer.received();
  peer.send(line + "\r\n");
  return peer.received();
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

void expect_answer(MemoryPeer& peer, const std::string& line, const std::string& part) {
  const std::string answer = ask(peer, line);
  cr_expect(has(answer, part), "%s: %s", line.c_str(), answer.c_str());
}

}  // namespace

// --- Registration ---

Test(irc, welcomes_a_client_that_has_sent_nick_and_user_in_any_order) {
  World world;
  for (const bool nick_first : {true, false}) {
    const PeerRef peer = world.connect();
    const std::string nick = nick_first ? "ann" : "bob";
    const std::string lines[] = {"NICK " + nick + "\r\n", "USER u 0 * :Real Name\r\n"};
    peer->send(lines[nick_first ? 0 : 1]);
    cr_expect(peer->received().empty());
    peer->send(lines[nick_first ? 1 : 0]);
    const std::string read = peer->received();
    for (const char* number : {"001", "002", "003", "004", "005", "251", "255", "422"}) {
      cr_expect(has(read, ":irc.sluice " + std::string(number) + " " + nick + " "), "%s", number);
    }
  }
}

Test(irc, answers_before_registration_only_what_belongs_to_it) {
  World world;
  const PeerRef peer = world.connect();
  expect_answer(*peer, "PRIVMSG ann :hi", ":irc.sluice 451 * PRIVMSG :You have not registered\r\n");
  expect_answer(*peer, "JOIN #room", " 451 * ");
  expect_answer(*peer, "PING x", ":irc.sluice PONG irc.sluice :x\r\n");
  expect_answer(*peer, "NICK", ":irc.sluice 431 * :No nickname given\r\n");
  expect_answer(*peer, "NICK *", ":irc.sluice 432 * * :Erroneous nickname\r\n");
  expect_answer(*peer, "NICK 9lives", " 432 * 9lives ");
  expect_answer(*peer, "NICK operator", " 432 * operator ");
  expect_answer(*peer, "USER u", ":irc.sluice 461 * USER :Not enough parameters\r\n");
  expect_answer(*peer, "USER u 0 * :", " 461 ");
}

Test(irc, rejects_a_nick_that_is_in_use) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef late = world.connect();
  expect_answer(*late, "NICK ANN", ":irc.sluice 433 * ANN :Nickname is already in use\r\n");
  late->send("NICK bob\r\nUSER u 0 * :r\r\n");
  cr_expect(has(late->received(), " 001 bob "));
  expect_answer(*late, "NICK ann", " 433 bob ann ");
  expect_answer(*late, "USER u 0 * :r", ":irc.sluice 462 bob :You may not reregister\r\n");
}

Test(irc, takes_brackets_for_capitals_of_braces) {
  World world;
  const PeerRef ann = world.enter("ann[a]", "");
  const PeerRef late = world.connect();
  expect_answer(*late, "NICK ANN{A}", ":irc.sluice 433 * ANN{A} :Nickname is already in use\r\n");
  const PeerRef bob = world.enter_with_lines("bob", "lobby");
  bob->send("/msg ann[a] hi\n/nick b[b]\n");
  cr_expect(has(ann->received(), " PRIVMSG ann[a] :hi\r\n"));
  cr_expect(bob->received().starts_with("* character 2 cannot be in a name"));
}

Test(irc, holds_registration_while_capabilities_are_negotiated) {
  World world;
  const PeerRef peer = world.connect();
  const std::string list = ask(*peer, "CAP LS 302");
  cr_expect(list.starts_with(":irc.sluice CAP * LS :"));
  for (const char* name : {"message-tags", "server-time", "echo-message", "multi-prefix",
                           "userhost-in-names", "away-notify"}) {
    cr_expect(has(list, name), "%s", name);
  }
  cr_expect(ask(*peer, "NICK ann\r\nUSER u 0 * :r").empty());
  expect_answer(*peer, "CAP REQ :server-time nosuch",
                ":irc.sluice CAP ann NAK :server-time nosuch\r\n");
  expect_answer(*peer, "CAP REQ :server-time echo-message",
                ":irc.sluice CAP ann ACK :server-time echo-message\r\n");
  expect_answer(*peer, "CAP LIST", ":irc.sluice CAP ann LIST :server-time echo-message\r\n");
  expect_answer(*peer, "CAP REQ :-echo-message", " ACK :-echo-message\r\n");
  expect_answer(*peer, "CAP NOSUCH", ":irc.sluice 410 ann NOSUCH :Invalid CAP command\r\n");
  expect_answer(*peer, "CAP END", " 001 ann ");
}

Test(irc, advertises_its_port_with_tls_to_clients_that_read_values) {
  const std::string sts = " sts=port=6697,duration=3600\r\n";
  World world;
  Irc with(world.chat, {.sts_port = 6697, .sts_duration = std::chrono::hours(1)});
  MemoryPeer peer(world.loop, with.handler());
  cr_expect(has(ask(peer, "CAP LS 302"), sts));
  cr_expect(has(ask(peer, "CAP LS 303"), sts));
  for (const char* version : {"", " 301", " x", " -302"}) {
    cr_expect(not has(ask(peer, std::string("CAP LS") + version), "sts"), "%s", version);
  }
  // It cannot be requested.
  cr_expect(has(ask(peer, "CAP REQ :sts"), " NAK :sts"));
  cr_expect(not has(ask(*world.connect(), "CAP LS 302"), "sts"));
}

Test(irc, says_why_it_ends) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  (void)ann->received();
  (void)bob->received();
  ann->send("QUIT :good night\r\n");
  cr_expect(ann->received() == "ERROR :Closing Link: good night\r\n");
  cr_expect(ann->saw_end());
  const std::string read = bob->received();
  cr_expect(has(read, ":ann!~ann@") && has(read, " QUIT :good night\r\n"), "%s", read.c_str());
  expect_answer(*bob, "WHOWAS ann", " 314 bob ann ~ann ");
  expect_answer(*bob, "WHOWAS nosuch", " 406 bob nosuch ");
}

// --- Channels ---

Test(irc, joins_a_channel_with_its_names_and_topic) {
  World world;
  const PeerRef ann = world.enter("ann", "");
  const std::string read = ask(*ann, "JOIN #room");
  cr_expect(read.starts_with(":ann!~ann@"), "%s", read.c_str());
  cr_expect(has(read,
                " JOIN #room\r\n:irc.sluice 353 ann = #room :@ann\r\n"
                ":irc.sluice 366 ann #room :End of /NAMES list\r\n"));
  expect_answer(*ann, "TOPIC #room", ":irc.sluice 331 ann #room :No topic is set\r\n");
  expect_answer(*ann, "TOPIC #room :old things", " TOPIC #room :old things\r\n");
  expect_answer(*ann, "TOPIC #room", ":irc.sluice 332 ann #room :old things\r\n");
  const PeerRef bob = world.enter("bob", "");
  const std::string seen = ask(*bob, "JOIN #ROOM");
  cr_expect(has(seen,
                " JOIN #room\r\n:irc.sluice 332 bob #room :old things\r\n"
                ":irc.sluice 333 bob #room ann!~ann@"));
  cr_expect(has(seen, ":irc.sluice 353 bob = #room :@ann bob\r\n"));
  cr_expect(has(ann->received(), " JOIN #room\r\n"));
  cr_expect(ask(*bob, "JOIN #room").empty(), "it is there already");
  expect_answer(*bob, "JOIN room", ":irc.sluice 403 bob room :No such channel\r\n");
  expect_answer(*bob, "JOIN #", " 403 bob # ");
  expect_answer(*bob, "PART #room :bye", " PART #room bye\r\n");
  cr_expect(has(ann->received(), " PART #room bye\r\n"));
  expect_answer(*bob, "PART #room", " 442 bob #room ");
  expect_answer(*bob, "PART #nosuch", " 403 bob #nosuch ");
}

Test(irc, lists_channels_and_members) {
  World world;
  const PeerRef ann = world.enter("ann", "#one,#two");
  expect_answer(*ann, "TOPIC #two :second", " TOPIC ");
  const std::string list = ask(*ann, "LIST");
  cr_expect(has(list, " 321 ann ") && has(list, " 322 ann #one 1 :\r\n") &&
                has(list, " 322 ann #two 1 second\r\n") && has(list, " 323 ann "),
            "%s", list.c_str());
  expect_answer(*ann, "NAMES #one", " 353 ann = #one :@ann\r\n");
  expect_answer(*ann, "NAMES #nosuch", ":irc.sluice 366 ann #nosuch :End of /NAMES list\r\n");
  expect_answer(*ann, "WHO #one", " irc.sluice ann H@ :0 Real ann\r\n");
  expect_answer(*ann, "WHO ann", ":irc.sluice 315 ann ann :End of /WHO list\r\n");
  const std::string whois = ask(*ann, "WHOIS ann");
  for (const char* part :
       {" 311 ann ann ~ann ", " * :Real ann\r\n", " 319 ann ann :@#one @#two\r\n",
        " 312 ann ann irc.sluice ", " 317 ann ann 0 ", " 318 ann ann "}) {
    cr_expect(has(whois, part), "%s: %s", part, whois.c_str());
  }
  expect_answer(*ann, "WHOIS nosuch", " 401 ann nosuch ");
  expect_answer(*ann, "WHOIS", " 431 ann ");
  expect_answer(*ann, "USERHOST ann nosuch", ":irc.sluice 302 ann :ann=+~ann@");
  expect_answer(*ann, "ISON bob ann", ":irc.sluice 303 ann :ann\r\n");
  expect_answer(*ann, "LUSERS", " 254 ann 2 ");
  expect_answer(*ann, "VERSION", " 351 ann sluice-");
  expect_answer(*ann, "INFO", ":irc.sluice 374 ann ");
  expect_answer(*ann, "ADMIN", ":irc.sluice 423 ann irc.sluice :");
  expect_answer(*ann, "LINKS", ":irc.sluice 364 ann irc.sluice irc.sluice :0 ");
  expect_answer(*ann, "STATS u", ":irc.sluice 219 ann u :");
  expect_answer(*ann, "MOTD", " 422 ann ");
}

// --- Messages ---

Test(irc, passes_messages_on) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  (void)ann->received();
  cr_expect(ask(*ann, "PRIVMSG #room :hello").empty());
  cr_expect(has(bob->received(), " PRIVMSG #room :hello\r\n"));
  cr_expect(ask(*ann, "NOTICE bob :psst").empty());
  cr_expect(has(bob->received(), " NOTICE bob :psst\r\n"));
  expect_answer(*ann, "PRIVMSG", ":irc.sluice 411 ann :No recipient given\r\n");
  expect_answer(*ann, "PRIVMSG bob", ":irc.sluice 412 ann :No text to send\r\n");
  expect_answer(*ann, "PRIVMSG nosuch :x", ":irc.sluice 401 ann nosuch :No such nick/channel\r\n");
  expect_answer(*ann, "PRIVMSG #nosuch :x", ":irc.sluice 403 ann #nosuch :No such channel\r\n");
  cr_expect(ask(*ann, "NOTICE nosuch :x").empty());
  expect_answer(*ann, "NOSUCH", ":irc.sluice 421 ann NOSUCH :Unknown command\r\n");
  expect_answer(*ann, "PRIVMSG bob,bob,bob,bob,bob :x", " 407 ann bob ");
}

Test(irc, talks_with_members_of_plain_lines) {
  World world;
  const PeerRef bob = world.enter_with_lines("bob", "room");
  const PeerRef ann = world.enter("ann");
  cr_expect(bob->received() == "* ann joined\n");
  ann->send(
      "PRIVMSG #room :hello\r\nPRIVMSG #room :\x01"
      "ACTION waves\x01\r\n");
  cr_expect(bob->received() == "<ann> hello\n~ ann waves\n");
  ann->send(
      "PRIVMSG bob :\x01"
      "VERSION\x01\r\nPRIVMSG bob :psst\r\n");
  cr_expect(bob->received() == "[ann] psst\n");
  bob->send("hi\n/me nods\n/msg ann you\n");
  const std::string read = ann->received();
  for (const char* part : {" PRIVMSG #room :hi\r\n",
                           " PRIVMSG #room :\x01"
                           "ACTION nods\x01\r\n",
                           " PRIVMSG ann :you\r\n", ":bob!line@"}) {
    cr_expect(has(read, part), "%s: %s", part, read.c_str());
  }
  bob->send("/part\n");
  cr_expect(has(ann->received(), " PART #room :went to #lobby\r\n"));
}

Test(irc, echoes_and_stamps_what_a_client_asked_for) {
  World world;
  const PeerRef ann =
      world.enter("ann", "#room", "CAP REQ :echo-message server-time\r\nCAP END\r\n");
  const std::string read = ask(*ann, "PRIVMSG #room :me");
  cr_expect(read.starts_with("@time=") && has(read, "Z :ann!~ann@") &&
                has(read, " PRIVMSG #room :me\r\n"),
            "%s", read.c_str());
  const PeerRef bob = world.enter("bob", "", "CAP REQ message-tags\r\nCAP END\r\n");
  (void)bob->received();
  ann->send("@+a=b;c=d PRIVMSG bob :tagged\r\n");
  const std::string tagged = bob->received();
  cr_expect(tagged.starts_with("@msgid=") && has(tagged, ";+a=b :ann!"), "%s", tagged.c_str());
}

Test(irc, lists_no_channel_without_members) {
  World world;
  const PeerRef ann = world.enter("ann", "");
  cr_expect(!has(ask(*ann, "LIST"), " 322 "));
  cr_expect(ask(*ann, "NAMES") == ":irc.sluice 366 ann * :End of /NAMES list\r\n");
  (void)ask(*ann, "JOIN #one");
  cr_expect(has(ask(*ann, "NAMES"), " 353 ann = #one :@ann\r\n"));
}

Test(irc, says_that_a_newcomer_is_away) {
  World world;
  const PeerRef bob = world.enter("bob", "#room", "CAP REQ away-notify\r\nCAP END\r\n");
  const PeerRef ann = world.enter("ann", "");
  ann->send("AWAY :lunch\r\nJOIN #room\r\n");
  cr_expect(has(bob->received(), " AWAY lunch\r\n"));
}

Test(irc, says_who_is_away) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob", "#room", "CAP REQ away-notify\r\nCAP END\r\n");
  expect_answer(*ann, "AWAY :lunch", " 306 ann ");
  cr_expect(has(bob->received(), " AWAY lunch\r\n"));
  expect_answer(*bob, "PRIVMSG ann :hi", ":irc.sluice 301 bob ann lunch\r\n");
  expect_answer(*bob, "WHOIS ann", " 301 bob ann lunch\r\n");
  expect_answer(*bob, "WHO ann", " ann G@ ");
  expect_answer(*ann, "AWAY", " 305 ann ");
  cr_expect(has(bob->received(), " AWAY\r\n"));
}

// --- Operators ---

Test(irc, changes_the_modes_of_a_channel) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  expect_answer(*ann, "MODE #room", ":irc.sluice 324 ann #room +n\r\n:irc.sluice 329 ann #room ");
  expect_answer(*bob, "MODE #room +m", " 482 bob #room ");
  expect_answer(*ann, "MODE #room +m-s+l 5", " MODE #room +ml 5\r\n");
  expect_answer(*ann, "MODE #room", " 324 ann #room +mnl 5\r\n");
  expect_answer(*bob, "PRIVMSG #room :x", ":irc.sluice 404 bob #room :Cannot send to channel\r\n");
  expect_answer(*ann, "MODE #room +v bob", " MODE #room +v bob\r\n");
  cr_expect(ask(*bob, "PRIVMSG #room :x").empty());
  expect_answer(*ann, "NAMES #room", " :@ann +bob\r\n");
  expect_answer(*ann, "MODE #room +o nosuch", " 401 ann nosuch ");
  expect_answer(*ann, "MODE #room +z", " 472 ann z ");
  expect_answer(*ann, "MODE #room +o", " 461 ann MODE ");
  expect_answer(*ann, "MODE #room +b eve", " MODE #room +b eve!*@*\r\n");
  expect_answer(*ann, "MODE #room +b", " 367 ann #room eve!*@* ann!~ann@");
  expect_answer(*ann, "MODE #room b", ":irc.sluice 368 ann #room :End of channel ban list\r\n");
  expect_answer(*ann, "MODE #nosuch", " 403 ann #nosuch ");
  expect_answer(*ann, "MODE ann", ":irc.sluice 221 ann +\r\n");
  expect_answer(*ann, "MODE ann +i", " MODE ann +i\r\n");
  expect_answer(*ann, "MODE ann +z", " 501 ann ");
  expect_answer(*ann, "MODE bob", " 502 ann ");
}

Test(irc, repeats_no_more_changes_than_fit_in_a_line) {
  World world;
  const PeerRef ann = world.enter("ann");
  std::string toggles;
  for (int i = 0; i < 100; ++i) toggles += "+m-m";
  const std::string mask(80, 'x');
  for (const std::string& change :
       {toggles, "+bbbb " + mask + "1 " + mask + "2 " + mask + "3 " + mask + "4"}) {
    const std::string answer = ask(*ann, "MODE #room " + change);
    cr_expect(has(answer, " MODE #room +") && answer.ends_with("\r\n") && answer.size() <= 512,
              "%s", answer.c_str());
  }
  expect_answer(*ann, "MODE #room +bbbbb a b c d e",
                " MODE #room +bbbb a!*@* b!*@* c!*@* d!*@*\r\n");
}

Test(irc, admits_by_the_modes_of_a_channel) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef eve = world.enter("eve", "");
  const auto refuses = [&](const std::string& mode, const std::string& number,
                           const std::string& undo) {
    (void)ask(*ann, "MODE #room " + mode);
    expect_answer(*eve, "JOIN #room", ":irc.sluice " + number + " eve #room ");
    (void)ask(*ann, "MODE #room " + undo);
  };
  refuses("+l 1", "471", "-l");
  refuses("+i", "473", "-i");
  refuses("+b eve!*@*", "474", "-b eve!*@*");
  refuses("+k sesame", "475", "-k *");
  (void)ask(*ann, "MODE #room +k sesame");
  expect_answer(*eve, "JOIN #room sesame", " JOIN #room\r\n");
  (void)ask(*eve, "PART #room");
  (void)ask(*ann, "MODE #room -k x");
  (void)ask(*ann, "MODE #room +i");
  expect_answer(*ann, "INVITE eve #room", ":irc.sluice 341 ann eve #room\r\n");
  cr_expect(has(eve->received(), " INVITE eve #room\r\n"));
  expect_answer(*eve, "JOIN #room", " JOIN #room\r\n");
  expect_answer(*ann, "INVITE eve #room", " 443 ann eve #room ");
  expect_answer(*ann, "INVITE nosuch #room", " 401 ann nosuch ");
  expect_answer(*ann, "MODE #room +s", " MODE #room +s\r\n");
  const PeerRef bob = world.enter("bob", "");
  cr_expect(!has(ask(*bob, "LIST"), "#room"));
  cr_expect(!has(ask(*bob, "NAMES #room"), "ann "));
  cr_expect(!has(ask(*bob, "WHOIS ann"), "#room"));
}

Test(irc, lets_operators_remove_members) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  expect_answer(*bob, "KICK #room ann", " 482 bob #room ");
  expect_answer(*ann, "KICK #room nosuch", " 401 ann nosuch ");
  expect_answer(*ann, "KICK #room", " 461 ann KICK ");
  expect_answer(*ann, "KICK #room bob :noise", " KICK #room bob noise\r\n");
  cr_expect(has(bob->received(), " KICK #room bob noise\r\n"));
  expect_answer(*ann, "KICK #room bob", " 441 ann bob #room ");
  expect_answer(*bob, "KICK #room ann", " 442 bob #room ");
  expect_answer(*ann, "KICK #room ann", " KICK #room ann ann\r\n");
  expect_answer(*ann, "MODE #room", " 403 ann #room ");
}

Test(irc, announces_a_new_nick_once) {
  World world;
  const PeerRef ann = world.enter("ann", "#one,#two");
  const PeerRef bob = world.enter("bob", "#one,#two");
  (void)ann->received();
  const std::string own = ask(*ann, "NICK anna");
  cr_expect(own.starts_with(":ann!~ann@") && own.ends_with(" NICK anna\r\n"), "%s", own.c_str());
  const std::string read = bob->received();
  cr_expect(read == own, "%s", read.c_str());
}

// --- Limits ---

Test(irc, rejects_lines_that_are_too_long) {
  World world;
  const PeerRef ann = world.enter("ann");
  expect_answer(*ann, "PRIVMSG #room :" + std::string(500, 'x'), " 417 ann ");
  const std::string long_line(20'000, 'x');
  const std::string answer = ask(*ann, long_line);
  cr_expect(has(answer, " 417 ann ") && !has(answer, " 421 "), "%s", answer.c_str());
  expect_answer(*ann, "PING still", " :still\r\n");
}

Test(irc, counts_a_line_that_is_too_long_as_one_that_has_not_ended) {
  World world;
  ConnectionOptions options;
  options.message_timeout = std::chrono::seconds(2);
  const PeerRef ann = world.enter("ann", "#room", {}, options);
  for (int i = 0; i < 30 && !ann->closed(); ++i) {
    ann->send(std::string(10'000, 'x'));
    ann->advance(milliseconds(100));
  }
  cr_expect(ann->close_reason() == sluice::CloseReason::message_timeout);
}

Test(irc, lists_a_channel_once_however_often_a_line_names_it) {
  World world;
  const PeerRef ann = world.enter("ann");
  (void)ask(*ann, "MODE #room +b eve!*@*");
  std::string many = "#room";
  while (many.size() < 480) many += ",#room";
  const auto count_of = [&](const std::string& line, std::string_view number) {
    const std::string answer = ask(*ann, line);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = answer.find(number, at)) != answer.npos; ++at) ++count;
    return count;
  };
  cr_expect(count_of("NAMES " + many, " 353 ") == 1);
  cr_expect(count_of("LIST " + many, " 322 ") == 1);
  cr_expect(count_of("MODE #room " + std::string(400, 'b'), " 367 ") == 1);
  expect_answer(*ann, "NAMES #room,#lobby", " 366 ann #lobby ");
}

Test(irc, cuts_and_cleans_the_reasons_of_its_clients) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  std::string reason;  // 390 bytes end within its last character
  while (reason.size() < 389) reason += 'r';
  const std::string fits = reason;
  reason += "\xC3\xBC and more";
  (void)ask(*ann, "KICK #room bob :" + reason);
  cr_expect(has(bob->received(), " KICK #room bob " + fits + "\r\n"));
  (void)ask(*bob, "JOIN #room");
  (void)ann->received();
  expect_answer(*bob, "PART #room :" + reason, " PART #room " + fits + "\r\n");
  cr_expect(has(ann->received(), " PART #room " + fits + "\r\n"));
  (void)ask(*bob, "JOIN #room");
  (void)ann->received();
  expect_answer(*bob, "QUIT :b\xFF\x1B[2Jd", "ERROR :Closing Link: b\uFFFD\uFFFD[2Jd\r\n");
  cr_expect(has(ann->received(), " QUIT b\uFFFD\uFFFD[2Jd\r\n"));
}

Test(irc, handles_lines_alike_however_they_are_split) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
    World world;
    const PeerRef peer = world.connect();
    peer->send("NICK ann\r\nUSER u 0 * :r\nJOIN #room\r\nPING x\r\n", piece);
    const std::string read = peer->received();
    cr_expect(has(read, " 001 ann ") && read.ends_with(" PONG irc.sluice :x\r\n"), "%zu", piece);
  }
}

Test(irc, waits_for_a_member_that_is_behind_and_loses_nothing) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef slow =
      world.enter("slow", "#room", {}, {.high_water = 2'000, .queue_limit = 200'000});
  slow->set_window(0);
  std::string typed;
  for (int i = 0; i < 2'000; ++i) typed += "PRIVMSG #room :" + std::to_string(i) + "\r\n";
  ann->send(typed);
  ann->send("PRIVMSG slow :alone\r\n");
  cr_expect(slow->connection().queued() < 200'000 && !slow->closed());
  slow->set_window(MemoryPeer::kUnlimited);
  ann->settle();
  const std::string read = slow->received();
  cr_expect(has(read, " PRIVMSG #room :1999\r\n"));
  cr_expect(read.ends_with(" PRIVMSG slow :alone\r\n"));
}

Test(irc, delays_a_source_that_sends_too_fast) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(10, std::chrono::seconds(1), 5);
  World world(options);
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  ann->advance(std::chrono::seconds(10));
  (void)bob->received();
  for (int i = 0; i < 8; ++i) ann->send("PRIVMSG #room :x\r\n");
  std::string read = bob->received();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = read.find("PRIVMSG", at)) != read.npos; ++at) ++count;
  cr_expect(count == 5, "%zu", count);
  ann->advance(milliseconds(300));
  read = bob->received();
  cr_expect(has(read, "PRIVMSG"));
}

Test(irc, survives_a_binary_flood) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  std::string flood;
  for (std::size_t i = 0; i < 200'000; ++i) flood += static_cast<char>(i * 2654435761U >> 11);
  ann->send(flood + "\r\nPRIVMSG #room :" + flood.substr(0, 300) + "\r\n", 1'000);
  (void)ann->received();
  (void)bob->received();
  ann->send("PRIVMSG #room :still here\r\n");
  cr_expect(has(bob->received(), " PRIVMSG #room :still here\r\n"));
}

Test(irc, tells_its_clients_that_it_drains) {
  World world;
  const PeerRef ann = world.enter("ann");
  world.loop.drain(std::chrono::seconds(10));
  ann->settle();
  cr_expect(ann->received() == ":irc.sluice NOTICE ann :the chat is closing\r\n");
  cr_expect(ann->saw_end());
}

Test(irc, shows_who_operates_the_house) {
  ChatOptions options = plain();
  options.is_operator = [](const sluice::Connection& connection) {
    return connection.peer().to_string().starts_with("192.0.2.1:");
  };
  World world(options);
  const PeerRef ann = world.connect();
  ann->send("NICK ann\r\nUSER a 0 * :r\r\n");
  const std::string read = ann->received();
  cr_expect(has(read, " 381 ann :You are now an IRC operator\r\n"), "%s", read.c_str());
  cr_expect(has(read, " MODE ann +o\r\n"));
  const PeerRef bob = world.enter("bob");
  expect_answer(*bob, "MODE bob", " 221 bob +\r\n");
  expect_answer(*bob, "MODE bob +o", "");
  expect_answer(*bob, "WHOIS ann", " 313 bob ann :is an IRC operator\r\n");
  expect_answer(*bob, "WHO ann", " ann H* ");
  expect_answer(*bob, "LUSERS", " 252 bob 1 :operator(s) online\r\n");
  expect_answer(*ann, "JOIN #room", " JOIN #room\r\n");
  expect_answer(*ann, "MODE #room +t", " MODE #room +t\r\n");
  expect_answer(*ann, "MODE #room +q bob", " MODE #room +q bob!*@*\r\n");
  expect_answer(*bob, "MODE #room q", ":irc.sluice 728 bob #room q bob!*@* ann!~a@");
  expect_answer(*bob, "MODE #room q", ":irc.sluice 729 bob #room q :End of channel quiet list\r\n");
  expect_answer(*ann, "KICK #room bob", " KICK #room bob ann\r\n");
  expect_answer(*ann, "MODE ann -o", " MODE ann -o\r\n");
  expect_answer(*ann, "MODE ann", " 221 ann +\r\n");
  expect_answer(*ann, "MODE #room -t", " 482 ann #room ");
}

Test(irc, makes_a_client_an_operator_that_knows_a_password) {
  World plain_world;
  const PeerRef eve = plain_world.enter("eve");
  expect_answer(*eve, "OPER root sesame", ":irc.sluice 491 eve :No O-lines for your host\r\n");
  ChatOptions options = plain();
  options.rules.check_password = [](std::string_view name, std::string_view password) {
    return name == "root" && password == "open sesame";
  };
  World world(options);
  const PeerRef ann = world.enter("ann");
  expect_answer(*ann, "OPER root", " 461 ann OPER ");
  expect_answer(*ann, "OPER root sesame", ":irc.sluice 464 ann :Password incorrect\r\n");
  expect_answer(*ann, "OPER root :open sesame", ":irc.sluice 263 ann OPER ");
  expect_answer(*ann, "MODE ann", " 221 ann +\r\n");
  World other(options);
  const PeerRef root = other.enter("ann");
  expect_answer(*root, "OPER root :open sesame", " 381 ann :You are now an IRC operator\r\n");
  expect_answer(*root, "MODE ann", " 221 ann +o\r\n");
  const PeerRef lines = world.enter_with_lines("bob", "room");
  lines->send("/oper root sesame\n/oper root\n");
  cr_expect(lines->received() ==
            "* somebody has just tried a password: try again in a second\n"
            "* who are you? /oper NAME PASSWORD\n");
}

// --- The rest of the answers ---

Test(irc, answers_small_questions) {
  World world;
  const PeerRef ann = world.enter("ann");
  expect_answer(*ann, "TIME", ":irc.sluice 391 ann irc.sluice ");
  expect_answer(*ann, "PING", ":irc.sluice 409 ann :No origin specified\r\n");
  expect_answer(*ann, "PASS x", " 462 ann ");
  expect_answer(*ann, "TAGMSG", " 461 ann TAGMSG ");
  expect_answer(*ann, "LIST #room,#nosuch", " 322 ann #room 1 :\r\n");
  expect_answer(*ann, "WHO a*", " irc.sluice ann H :0 Real ann\r\n");
  expect_answer(*ann, "WHO #nosuch", ":irc.sluice 315 ann #nosuch :End of /WHO list\r\n");
  expect_answer(*ann, "WHOWAS", " 431 ann ");
  expect_answer(*ann, std::string("PI\0NG x", 7), " PONG irc.sluice :x\r\n");
  for (const char* line :
       {"PONG x", "ERROR :x", "", "NOTICE", "NOTICE #nosuch :x", "NOTICE #room"}) {
    cr_expect(ask(*ann, line).empty(), "%s", line);
  }
  expect_answer(*ann, "MODE #room +k :", " 696 ann #room k * :Invalid mode parameter\r\n");
  expect_answer(*ann, "MODE #room +l x", " 696 ann #room l x ");
  expect_answer(*ann, "JOIN 0", " PART #room\r\n");
}

Test(irc, passes_a_message_without_text_to_those_that_know_tags) {
  World world;
  const PeerRef ann = world.enter("ann", "#room", "CAP REQ message-tags\r\nCAP END\r\n");
  const PeerRef bob = world.enter("bob", "#room", "CAP REQ message-tags\r\nCAP END\r\n");
  const PeerRef eve = world.enter("eve");
  for (MemoryPeer* one : {ann.get(), bob.get(), eve.get()}) (void)one->received();
  ann->send("@+typing=active;+x TAGMSG #room\r\n");
  const std::string read = bob->received();
  cr_expect(read.starts_with("@msgid=") && has(read, ";+typing=active;+x :ann!"));
  cr_expect(eve->received().empty());
}

Test(irc, limits_members_rooms_and_bans) {
  ChatOptions options = plain();
  options.rules.max_members = 2;
  options.rules.max_rooms = 3;
  options.rules.max_joined = 1;
  options.rules.max_bans = 1;
  options.rules.greeting = "Be kind.\nHave fun.";
  World world(options);
  const PeerRef ann = world.enter("ann");
  expect_answer(*ann, "JOIN #other", " 405 ann #other ");
  expect_answer(*ann, "MOTD",
                ":irc.sluice 372 ann :- Be kind.\r\n:irc.sluice 372 ann :- Have fun.\r\n");
  (void)ask(*ann, "MODE #room +b one");
  expect_answer(*ann, "MODE #room +b two", " 478 ann #room two ");
  const PeerRef bob = world.enter("bob", "#second");
  const PeerRef late = world.connect();
  late->send("NICK late\r\nUSER u 0 * :r\r\n");
  cr_expect(has(late->received(), "ERROR :Closing Link: the chat is full: at most 2 members"));
  cr_expect(late->saw_end());
  (void)ask(*bob, "PART #second");
  const PeerRef line = world.enter_with_lines("line", "x");
  cr_expect(has(ask(*bob, "JOIN #third"), " JOIN #third\r\n"));
}

Test(irc, writes_long_lists_in_several_lines) {
  World world;
  std::vector<PeerRef> all;
  for (int i = 0; i < 30; ++i) {
    all.push_back(world.enter("a-member-with-a-long-name-" + std::to_string(i), "#room",
                              "CAP REQ :userhost-in-names\r\nCAP END\r\n"));
  }
  std::string rest = ask(*all[0], "NAMES #room");
  std::size_t lines = 0;
  std::size_t names = 0;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    cr_assert(end <= 510);
    const std::string line = rest.substr(0, end);
    lines += has(line, " 353 ") ? 1 : 0;
    for (std::size_t at = 0; (at = line.find("long-name", at)) != line.npos; ++at) ++names;
    rest.erase(0, end + 2);
  }
  cr_expect(lines > 3 && names >= 30, "%zu lines, %zu names", lines, names);
  std::string channels = "#a-channel-with-a-long-name-0";
  for (int i = 1; i < 20; ++i) channels += ",#a-channel-with-a-long-name-" + std::to_string(i);
  const PeerRef ann = world.enter("ann", "");
  for (std::string_view left = channels; !left.empty();) {
    const std::string_view name = left.substr(0, left.find(','));
    ann->send("JOIN " + std::string(name) + "\r\n");
    left.remove_prefix(std::min(name.size() + 1, left.size()));
  }
  const std::string whois = ask(*ann, "WHOIS ann");
  cr_expect(has(whois, "name-0 ") && has(whois, "name-19\r\n"), "%s", whois.c_str());
}

Test(irc, says_how_much_was_dropped) {
  ChatOptions options = plain();
  options.patience = milliseconds(0);
  World world(options);
  const PeerRef ann = world.enter("ann");
  const PeerRef slow = world.enter("slow", "#room", {},
                                   {.high_water = 1'000,
                                    .queue_limit = 10'000,
                                    .overflow = sluice::OverflowPolicy::drop_newest});
  slow->set_window(0);
  for (int i = 0; i < 100; ++i) ann->send("PRIVMSG #room :" + std::string(400, 'x') + "\r\n");
  slow->set_window(MemoryPeer::kUnlimited);
  cr_expect(has(slow->received(), " bytes were dropped: you read too slowly\r\n"));
  slow->end();
  cr_expect(slow->closed());
  cr_expect(has(ann->received(), " QUIT :Connection closed\r\n"));
}

Test(irc, splits_a_long_line_of_the_message_of_the_day_between_characters) {
  ChatOptions options = plain();
  std::string text = "x";
  for (int i = 0; i < 600; ++i) text += "\xC3\xA4";
  options.rules.greeting = "\n" + text + "\nshort";
  World world(options);
  const PeerRef ann = world.enter("ann");
  std::string read = ask(*ann, "MOTD");
  constexpr std::string_view kStart = ":irc.sluice 372 ann :- ";
  std::vector<std::string> lines;
  for (std::size_t at = 0; (at = read.find(kStart, at)) != read.npos;) {
    at += kStart.size();
    lines.push_back(read.substr(at, read.find("\r\n", at) - at));
  }
  cr_assert(lines.size() == 6, "%s", read.c_str());
  cr_expect(lines[0].empty() && lines[5] == "short");
  // The 400th byte is the first one of a character.
  cr_expect(lines[1].size() == 399 && lines[2].size() == 400 && lines[3].size() == 400);
  cr_expect(lines[1] + lines[2] + lines[3] + lines[4] == text);
}

// --- History ---

Test(irc, returns_the_last_messages_of_a_channel_in_a_batch) {
  World world;
  const PeerRef ann = world.enter("ann");
  for (const char* text : {"one", "two", "three"}) {
    ann->send(std::string("PRIVMSG #room :") + text + "\r\n");
    std::this_thread::sleep_for(milliseconds(2));  // the house has the clock of the system
  }
  const PeerRef bob = world.enter("bob");
  const std::string all = ask(*bob, "CHATHISTORY LATEST #room * 50");
  cr_expect(all.starts_with(":ann!") && has(all, " PRIVMSG #room :one\r\n"), "%s", all.c_str());
  cr_expect(not has(all, "JOIN") && not has(all, "BATCH"));
  (void)ask(*bob, "CAP REQ :batch server-time draft/chathistory");
  const std::string last = ask(*bob, "chathistory latest #room * 2");
  const std::string start = ":irc.sluice BATCH +history chathistory #room\r\n@batch=history;time=";
  cr_expect(last.starts_with(start), "%s", last.c_str());
  cr_expect(last.ends_with("\r\n:irc.sluice BATCH -history\r\n"));
  cr_expect(not has(last, ":one\r\n") && has(last, ":two\r\n") && has(last, ":three\r\n"));
}

Test(irc, returns_the_messages_before_after_around_and_between_times) {
  World world;
  const PeerRef ann = world.enter("ann", "#room", "CAP REQ :server-time\r\nCAP END\r\n");
  const std::string texts[] = {"one", "two", "three", "four", "five"};
  for (const std::string& text : texts) {
    ann->send("PRIVMSG #room :" + text + "\r\n");
    std::this_thread::sleep_for(milliseconds(2));  // the house has the clock of the system
  }
  std::vector<std::string> times;
  std::string all = ask(*ann, "CHATHISTORY LATEST #room * 9");
  for (std::size_t at = 0; (at = all.find("@time=", at)) != all.npos; at += 6) {
    times.push_back("timestamp=" + all.substr(at + 6, 24));
  }
  cr_assert(times.size() == 5, "%s", all.c_str());
  struct Row {
    std::string asked;
    std::string answered;  // the first letters of the texts
  };
  for (const Row& row : std::vector<Row>{
           {"LATEST #room " + times[2] + " 9", "ff"},
           {"LATEST #room " + times[0] + " 1", "f"},
           {"BEFORE #room " + times[3] + " 2", "tt"},
           {"BEFORE #room " + times[0] + " 2", ""},
           {"AFTER #room " + times[1] + " 2", "tf"},
           {"AROUND #room " + times[2] + " 3", "ttf"},
           {"AROUND #room " + times[0] + " 2", "ot"},
           {"BETWEEN #room " + times[0] + ' ' + times[4] + " 2", "tt"},
           {"BETWEEN #room " + times[4] + ' ' + times[0] + " 2", "tf"},
       }) {
    const std::string answer = ask(*ann, "CHATHISTORY " + row.asked);
    std::string letters;
    for (std::size_t at = 0; (at = answer.find(" #room :", at)) != answer.npos; at += 8) {
      letters += answer[at + 8];
    }
    cr_expect(letters == row.answered, "%s: %s", row.asked.c_str(), answer.c_str());
  }
  expect_answer(*ann, "CHATHISTORY TARGETS " + times[0] + " timestamp=2099-01-01T00:00:00.000Z 9",
                ":irc.sluice CHATHISTORY TARGETS #room " + times[4].substr(10));
  cr_expect(ask(*ann, "CHATHISTORY TARGETS " + times[0] + ' ' + times[1] + " 9").empty());
}

Test(irc, returns_the_messages_before_after_around_and_between_others) {
  World world;
  const PeerRef ann = world.enter("ann", "#room", "CAP REQ :message-tags\r\nCAP END\r\n");
  const PeerRef bob = world.enter("bob", "#room", "CAP REQ :message-tags\r\nCAP END\r\n");
  (void)bob->received();
  // At once, so that some have the same time.
  for (const char* text : {"one", "two", "three", "four", "five"}) {
    ann->send(std::string("PRIVMSG #room :") + text + "\r\n");
  }
  std::vector<std::string> ids;
  const std::string all = bob->received();
  for (std::size_t at = 0; (at = all.find("@msgid=", at)) != all.npos; ++at) {
    ids.push_back(all.substr(at + 1, all.find(' ', at) - at - 1));
  }
  cr_assert(ids.size() == 5, "%s", all.c_str());
  struct Row {
    std::string asked;
    std::string answered;  // the first letters of the texts
  };
  for (const Row& row : std::vector<Row>{
           {"LATEST #room " + ids[2] + " 9", "ff"},
           {"BEFORE #room " + ids[3] + " 2", "tt"},
           {"BEFORE #room " + ids[0] + " 2", ""},
           {"AFTER #room " + ids[1] + " 2", "tf"},
           {"AROUND #room " + ids[2] + " 3", "ttf"},
           {"BETWEEN #room " + ids[0] + ' ' + ids[4] + " 9", "ttf"},
           {"BETWEEN #room " + ids[4] + ' ' + ids[0] + " 2", "tf"},
           {"BETWEEN #room timestamp=2020-01-01T00:00:00.000Z " + ids[2] + " 9", "ot"},
           // One that the room has never had.
           {"AFTER #room msgid=1-1 9", "ottff"},
       }) {
    const std::string answer = ask(*ann, "CHATHISTORY " + row.asked);
    std::string letters;
    for (std::size_t at = 0; (at = answer.find(" #room :", at)) != answer.npos; at += 8) {
      letters += answer[at + 8];
    }
    cr_expect(letters == row.answered, "%s: %s", row.asked.c_str(), answer.c_str());
    cr_expect(letters.empty() || has(answer, "@msgid="), "%s", answer.c_str());
  }
}

Test(irc, finds_messages_by_their_place_when_the_clock_was_set_back) {
  World world;
  const PeerRef ann = world.enter("ann", "#room", "CAP REQ :message-tags\r\nCAP END\r\n");
  // At these milliseconds; some have the same time.
  const std::pair<int, const char*> said[] = {{5'000, "one"},   {6'000, "two"},  {6'000, "three"},
                                              {2'000, "four"},  {3'000, "five"}, {6'000, "six"},
                                              {7'000, "seven"}, {8'000, "eight"}};
  for (const auto& [time, text] : said) {
    ChatEvent event;
    event.time = sluice::ChatTime(milliseconds(time));
    event.room = "room";
    event.author = "bob";
    event.origin = "~b@h";
    event.text = text;
    world.chat.house().receive({.event = event, .reach = ChatNews::Reach::recorded});
  }
  world.loop.poll();
  std::vector<std::string> ids;
  const std::string all = ann->received();
  for (std::size_t at = 0; (at = all.find("@msgid=", at)) != all.npos; ++at) {
    ids.push_back(all.substr(at + 1, all.find(' ', at) - at - 1));
  }
  cr_assert(ids.size() == 8, "%s", all.c_str());
  const std::string dropped = "msgid=1000-1";
  struct Row {
    std::string asked;
    std::string answered;  // the texts
  };
  for (const Row& row : std::vector<Row>{
           {"LATEST #room " + ids[2] + " 9", "four five six seven eight "},
           {"AFTER #room " + ids[1] + " 3", "three four five "},
           {"BEFORE #room " + ids[3] + " 2", "two three "},
           {"BEFORE #room " + ids[4] + " 9", "one two three four "},
           {"AROUND #room " + ids[4] + " 3", "four five six "},
           {"BETWEEN #room " + ids[1] + ' ' + ids[4] + " 9", "three four "},
           {"BETWEEN #room " + ids[4] + ' ' + ids[1] + " 1", "four "},
           {"BETWEEN #room " + ids[0] + ' ' + ids[0] + " 9", ""},
           {"AFTER #room " + dropped + " 2", "one two "},
           {"BETWEEN #room " + dropped + ' ' + ids[2] + " 9", "one two "},
           {"BEFORE #room " + dropped + " 9", ""},
           {"AFTER #room timestamp=1970-01-01T00:00:06.000Z 9", "seven eight "},
           {"BEFORE #room timestamp=1970-01-01T00:00:05.000Z 9", "four five "},
           {"AROUND #room timestamp=1970-01-01T00:00:07.000Z 2", "six seven "},
       }) {
    const std::string answer = ask(*ann, "CHATHISTORY " + row.asked);
    std::string texts;
    for (std::size_t at = 0; (at = answer.find(" #room :", at)) != answer.npos; at += 8) {
      texts += answer.substr(at + 8, answer.find('\r', at) - at - 8) + ' ';
    }
    cr_expect(texts == row.answered, "%s: %s", row.asked.c_str(), answer.c_str());
  }
}

Test(irc, numbers_a_message_of_several_lines_once_and_private_ones_too) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob", "#room", "CAP REQ :message-tags\r\nCAP END\r\n");
  (void)bob->received();
  const auto ids_of = [&bob] {
    const std::string read = bob->received();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = read.find("msgid=", at)) != read.npos; ++at) ++count;
    return count;
  };
  ann->send("PRIVMSG #room :" + std::string(400, 'x') + "\r\n");
  cr_expect(ids_of() == 1);
  ann->send("PRIVMSG bob :hello\r\n");
  cr_expect(ids_of() == 1);
  ann->send("TOPIC #room :tea\r\n");
  cr_expect(ids_of() == 0);
}

Test(irc, lists_the_channels_of_the_last_messages_in_their_order) {
  World world;
  const PeerRef ann = world.enter("ann", "#room", "CAP REQ :server-time\r\nCAP END\r\n");
  ann->send("JOIN #attic\r\nJOIN #quiet\r\n");
  const auto say = [&ann](const std::string& channel) {
    std::this_thread::sleep_for(milliseconds(2));  // the house has the clock of the system
    ann->send("PRIVMSG " + channel + " :x\r\n");
  };
  for (const char* channel : {"#room", "#attic", "#room"}) say(channel);
  const std::string old = "timestamp=2020-01-01T00:00:00.000Z";
  const std::string late = "timestamp=2099-01-01T00:00:00.000Z";
  struct Row {
    std::string asked;
    std::string answered;
  };
  for (const Row& row : std::vector<Row>{
           {old + ' ' + late + " 9", "#attic #room "},
           {late + ' ' + old + " 9", "#attic #room "},
           {old + ' ' + late + " 1", "#attic "},
           {late + ' ' + old + " 1", "#room "},
           {old + ' ' + old + " 9", ""},
       }) {
    const std::string answer = ask(*ann, "CHATHISTORY TARGETS " + row.asked);
    std::string channels;
    constexpr std::string_view kStart = " CHATHISTORY TARGETS ";
    for (std::size_t at = 0; (at = answer.find(kStart, at)) != answer.npos;) {
      at += kStart.size();
      channels += answer.substr(at, answer.find(' ', at) + 1 - at);
    }
    cr_expect(channels == row.answered, "%s: %s", row.asked.c_str(), answer.c_str());
  }
}

Test(irc, counts_requests_of_history_against_the_rate) {
  ChatOptions options = plain();
  options.rate = TokenRate::of(10, std::chrono::seconds(1), 5);
  World world(options);
  const PeerRef ann = world.enter("ann", "#room", "CAP REQ :batch\r\nCAP END\r\n");
  ann->advance(std::chrono::seconds(10));
  (void)ann->received();
  for (int i = 0; i < 8; ++i) ann->send("CHATHISTORY LATEST #room * 5\r\n");
  const auto batches = [](const std::string& read) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = read.find("BATCH +", at)) != read.npos; ++at) ++count;
    return count;
  };
  cr_expect(batches(ann->received()) == 5);
  ann->advance(milliseconds(300));
  cr_expect(batches(ann->received()) == 3);
}

Test(irc, answers_requests_of_history_while_a_member_is_behind) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob");
  const PeerRef slow = world.enter("slow", "#room", {}, {.high_water = 1'000});
  slow->set_window(0);
  for (int i = 0; i < 10; ++i) ann->send("PRIVMSG #room :" + std::string(400, 'x') + "\r\n");
  expect_answer(*bob, "CHATHISTORY LATEST #room * 1", " PRIVMSG #room :x");
}

Test(irc, says_why_there_is_no_history) {
  World world;
  const PeerRef ann = world.enter("ann");
  const PeerRef bob = world.enter("bob", "#other");
  const std::string fail = ":irc.sluice FAIL CHATHISTORY ";
  expect_answer(*bob, "CHATHISTORY LATEST #room * 5", fail + "INVALID_TARGET LATEST #room :");
  expect_answer(*bob, "CHATHISTORY LATEST bob * 5", fail + "INVALID_TARGET LATEST bob :");
  expect_answer(*ann, "CHATHISTORY", fail + "INVALID_PARAMS * :Unknown subcommand");
  const std::string now = "timestamp=2026-01-01T00:00:00.000Z";
  for (const std::string& few :
       {std::string("LATEST #room *"), std::string("LATEST"), "BEFORE #room " + now,
        "BETWEEN #room " + now + ' ' + now, "TARGETS " + now + ' ' + now, std::string("TARGETS")}) {
    const std::string subcommand = few.substr(0, few.find(' '));
    expect_answer(*ann, "CHATHISTORY " + few,
                  fail + "INVALID_PARAMS " + subcommand + " :Insufficient parameters\r\n");
  }
  for (const std::string& many :
       {std::string("LATEST #room * 5 5"), "BETWEEN #room " + now + ' ' + now + " 5 5",
        "TARGETS " + now + ' ' + now + " 5 5"}) {
    const std::string subcommand = many.substr(0, many.find(' '));
    expect_answer(*ann, "CHATHISTORY " + many,
                  fail + "INVALID_PARAMS " + subcommand + " :Too many parameters\r\n");
  }
  expect_answer(*ann, "CHATHISTORY BEFORE #room * 5",
                fail + "INVALID_PARAMS BEFORE * :Invalid timestamp\r\n");
  expect_answer(*ann, "CHATHISTORY BETWEEN #room " + now + " =x 5",
                fail + "INVALID_PARAMS BETWEEN =x :Invalid timestamp\r\n");
  expect_answer(*ann, "CHATHISTORY AFTER #room seq=1 5", fail + "INVALID_MSGREFTYPE AFTER #room");
  for (const char* id : {"", "1", "-1", "1-", "x-1", "1-x", "1-1-1", "fffffffffffffffff-1", "-1-1",
                         "00ab-1", "AB-1", "1-01"}) {
    expect_answer(*ann, std::string("CHATHISTORY AFTER #room msgid=") + id + " 5",
                  fail + "INVALID_PARAMS AFTER msgid=" + id + " :Invalid message id\r\n");
  }
  for (const char* time : {"2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-01-01",
                           "2026-01-01T00:00:00.000z", ""}) {
    expect_answer(*ann, std::string("CHATHISTORY AFTER #room timestamp=") + time + " 5",
                  fail + "INVALID_PARAMS AFTER timestamp=" + time + " :Invalid timestamp\r\n");
  }
  for (const char* limit : {"0", "-1", "x", "1x", "99999999999999999999999"}) {
    expect_answer(*ann, std::string("CHATHISTORY LATEST #room * ") + limit,
                  fail + "INVALID_PARAMS LATEST " + limit + " :The limit is not a number above 0");
    expect_answer(*ann, "CHATHISTORY TARGETS " + now + ' ' + now + ' ' + limit,
                  fail + "INVALID_PARAMS TARGETS " + limit + " :The limit is not a number above 0");
  }
  expect_answer(*ann, "CHATHISTORY TARGETS x y 5",
                fail + "INVALID_PARAMS TARGETS x :Invalid timestamp\r\n");
  expect_answer(*ann, "CHATHISTORY TARGETS " + now + " msgid=1 5",
                fail + "INVALID_MSGREFTYPE TARGETS * :A reference is timestamp=");
}
