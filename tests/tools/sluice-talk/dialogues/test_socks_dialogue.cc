// SOCKS5 without a socket: what is asked, and what each answer means.
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "tools/sluice-talk/dialogues/socks_dialogue.h"

using sluice::tools::talk::ProxyRequest;
using sluice::tools::talk::SocksDialogue;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

ProxyRequest request(const std::string& host) { return {"socks5://p:1080", {}, host, 258}; }

ProxyRequest with_account() {
  ProxyRequest made = request("a.example");
  made.account = {"me", "secret"};
  return made;
}

// In pieces of what it wants, as the transport delivers it.
void feed(SocksDialogue& dialogue, std::string answer) {
  while (!answer.empty() && dialogue.fault().empty()) {
    cr_assert(!dialogue.is_done(), "%zu bytes were not wanted", answer.size());
    const std::size_t size = std::min(dialogue.wanted(), answer.size());
    cr_assert(size > 0);
    dialogue.receive(std::string_view(answer).substr(0, size));
    answer.erase(0, size);
  }
}

std::string said(SocksDialogue& dialogue) { return std::exchange(dialogue.output(), {}); }

// Of a proxy that accepts a client without a name, and then answers that.
std::string fault_after(const std::string& reply) {
  SocksDialogue dialogue(request("a.example"));
  feed(dialogue, bytes({5, 0}));
  feed(dialogue, reply);
  cr_expect(not dialogue.is_done());
  return dialogue.fault();
}

void expect_asked(const std::string& host, const std::string& address) {
  SocksDialogue dialogue(request(host));
  cr_expect(said(dialogue) == bytes({5, 1, 0}));
  feed(dialogue, bytes({5, 0}));
  cr_expect(said(dialogue) == bytes({5, 1, 0}) + address + bytes({1, 2}), "%s", host.c_str());
}

}  // namespace

Test(talk_socks_dialogue, names_and_addresses_of_both_families_are_asked_for) {
  expect_asked("a.example", bytes({3, 9}) + "a.example");
  expect_asked("192.0.2.1", bytes({1, 192, 0, 2, 1}));
  expect_asked("2001:db8::1", bytes({4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

Test(talk_socks_dialogue, each_type_of_bound_address_is_read_to_its_end_and_not_further) {
  for (const std::string& bound : {bytes({1, 0, 0, 0, 0, 0, 0}), bytes({3, 2, 'a', 'b', 0, 80}),
                                   bytes({3, 0, 0, 80}), bytes({4}) + std::string(18, '\0')}) {
    SocksDialogue dialogue(request("a.example"));
    feed(dialogue, bytes({5, 0}) + bytes({5, 0, 0}) + bound);
    cr_expect(dialogue.is_done() && dialogue.fault().empty(), "%s", dialogue.fault().c_str());
  }
}

Test(talk_socks_dialogue, an_account_is_offered_and_sent_if_the_proxy_asks_for_it) {
  SocksDialogue dialogue(with_account());
  cr_expect(said(dialogue) == bytes({5, 2, 0, 2}));
  feed(dialogue, bytes({5, 2}));
  cr_expect(said(dialogue) == bytes({1, 2}) + "me" + bytes({6}) + "secret");
  feed(dialogue, bytes({1, 0}));
  cr_expect(said(dialogue).starts_with(bytes({5, 1, 0, 3})));

  SocksDialogue without(with_account());
  (void)said(without);
  feed(without, bytes({5, 0}));
  cr_expect(said(without).starts_with(bytes({5, 1, 0, 3})));
}

Test(talk_socks_dialogue, a_rejected_account_is_named) {
  SocksDialogue dialogue(with_account());
  feed(dialogue, bytes({5, 2, 1, 1}));
  cr_expect(dialogue.fault() == "it rejected the user name or the password");
  SocksDialogue closed(with_account());
  feed(closed, bytes({5, 2}));
  closed.on_end();
  cr_expect(closed.fault() == "it closed instead of judging the user name and the password");
}

Test(talk_socks_dialogue, a_method_that_was_not_offered_is_a_fault) {
  SocksDialogue dialogue(request("a.example"));
  feed(dialogue, bytes({5, 2}));
  cr_expect(dialogue.fault() == "it chose the authentication method 0x02, which was not offered");
  SocksDialogue none(request("a.example"));
  feed(none, bytes({5, 255}));
  cr_expect(none.fault() ==
            "it wants a user name and a password; allowed: "
            "--proxy socks5://USER:PASSWORD@...");
  SocksDialogue neither(with_account());
  feed(neither, bytes({5, 255}));
  cr_expect(neither.fault() ==
            "it accepts neither a user name with a password nor a client without");
}

Test(talk_socks_dialogue, each_reply_is_said_in_words) {
  const char* const words[] = {"the proxy failed",
                               "the rules of the proxy do not allow it",
                               "network unreachable",
                               "host unreachable",
                               "connection refused",
                               "the time to live expired",
                               "it has no CONNECT",
                               "it does not support this type of address",
                               "reply 0x09, which has no meaning"};
  for (int reply = 1; reply <= 9; ++reply) {
    const std::string fault = fault_after(bytes({5, reply, 0, 1}));
    cr_expect(fault == std::string("it could not connect: ") + words[reply - 1], "%s",
              fault.c_str());
  }
  cr_expect(fault_after(bytes({5, 0, 0, 9})) ==
            "its answer has an address of the unknown type 0x09");
}

Test(talk_socks_dialogue, another_protocol_is_noticed_at_its_first_byte) {
  SocksDialogue dialogue(request("a.example"));
  feed(dialogue, "H");
  cr_expect(dialogue.fault() ==
            "it does not speak SOCKS5: its answer begins with 0x48 ('H') instead of 0x05");
  cr_expect(fault_after(bytes({4})).ends_with("begins with 0x04 instead of 0x05"));
}

Test(talk_socks_dialogue, an_early_end_is_a_fault) {
  SocksDialogue dialogue(request("a.example"));
  feed(dialogue, bytes({5, 0, 5, 0, 0, 3}));
  dialogue.on_end();
  cr_expect(dialogue.fault() == "it closed before it had connected");
}
