// HTTP CONNECT without a socket: what is asked, and what each answer means.
#include <algorithm>
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "tools/sluice-talk/dialogues/connect_dialogue.h"

using sluice::tools::talk::ConnectDialogue;
using sluice::tools::talk::ProxyRequest;

namespace {

ProxyRequest request(const std::string& host) { return {"http://p:3128", {}, host, 443}; }

// How many bytes it has read, in pieces of what it wants.
std::size_t feed(ConnectDialogue& dialogue, std::string_view answer) {
  std::size_t read = 0;
  while (read < answer.size() && dialogue.fault().empty() && !dialogue.is_done()) {
    const std::size_t size = std::min(dialogue.wanted(), answer.size() - read);
    cr_assert(size > 0);
    dialogue.receive(answer.substr(read, size));
    read += size;
  }
  return read;
}

std::string fault_after(std::string_view answer, bool has_account = false) {
  ProxyRequest asked = request("a.example");
  if (has_account) asked.account = {"me", "secret"};
  ConnectDialogue dialogue(asked);
  feed(dialogue, answer);
  cr_expect(not dialogue.is_done());
  return dialogue.fault();
}

}  // namespace

Test(talk_connect_dialogue, the_request_names_the_endpoint_twice) {
  ConnectDialogue dialogue(request("a.example"));
  cr_expect(dialogue.output() == "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  ConnectDialogue ipv6(request("::1"));
  cr_expect(ipv6.output() == "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
}

Test(talk_connect_dialogue, an_account_is_sent_in_base64) {
  ProxyRequest asked = request("a.example");
  asked.account = {"Aladdin", "open sesame"};  // of RFC 7617, section 2
  ConnectDialogue dialogue(asked);
  cr_expect(dialogue.output().ends_with(
      "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"));
}

Test(talk_connect_dialogue, what_follows_the_answer_is_left_for_the_tunnel) {
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 Connection established\r\n"
        "Proxy-agent: x\r\n\r\n",
        "HTTP/1.1 204\r\nX: \r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"}) {
    ConnectDialogue dialogue(request("a.example"));
    cr_expect(feed(dialogue, head + "SSH-2.0-x\r\n\r\n") == head.size(), "%s", head.c_str());
    cr_expect(dialogue.is_done() && dialogue.fault().empty(), "%s", dialogue.fault().c_str());
  }
}

Test(talk_connect_dialogue, interim_answers_are_skipped) {
  ConnectDialogue dialogue(request("a.example"));
  feed(dialogue, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  cr_expect(dialogue.is_done());
}

Test(talk_connect_dialogue, a_refusal_is_said_in_words) {
  cr_expect(fault_after("HTTP/1.1 403 Filtered\r\n\r\n") == "it answered 403 Filtered");
  cr_expect(fault_after("HTTP/1.1 502\r\n\r\n") == "it answered 502 Bad Gateway");
  cr_expect(fault_after("HTTP/1.1 599 \r\n\r\n") == "it answered 599 without a reason");
  cr_expect(fault_after("HTTP/1.1 301 \x1b[2J\r\n\r\n") ==
            "the first line of the answer is not a version and a status");
  cr_expect(fault_after("HTTP/1.1 407 No\r\n\r\n") ==
            "it answered 407 No; allowed: --proxy http://USER:PASSWORD@...");
  cr_expect(fault_after("HTTP/1.1 407 No\r\n\r\n", true) ==
            "it answered 407 No: it rejected the user name or the password");
}

Test(talk_connect_dialogue, another_protocol_is_noticed_at_once) {
  ConnectDialogue dialogue(request("a.example"));
  cr_expect(feed(dialogue, "\x05\x01") <= 2);
  cr_expect(dialogue.fault() == "the peer does not speak HTTP/1.1");
  cr_expect(fault_after("SSH-2.0-OpenSSH\r\n") == "the peer does not speak HTTP/1.1");
}

Test(talk_connect_dialogue, a_head_without_end_is_bounded) {
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(1U << 20U, 'x');
  ConnectDialogue dialogue(request("a.example"));
  cr_expect(feed(dialogue, endless) == ConnectDialogue::kMaxHead);
  cr_expect(dialogue.fault() == "the headers of the answer are too long");
  std::string interim;
  while (interim.size() < 2 * ConnectDialogue::kMaxHead) interim += "HTTP/1.1 100 Wait\r\n\r\n";
  ConnectDialogue waiting(request("a.example"));
  cr_expect(feed(waiting, interim) < ConnectDialogue::kMaxHead + 4);
  cr_expect(waiting.fault().starts_with("it sent "), "%s", waiting.fault().c_str());
}

Test(talk_connect_dialogue, an_early_end_is_a_fault) {
  ConnectDialogue dialogue(request("a.example"));
  feed(dialogue, "HTTP/1.1 200 OK\r\n");
  dialogue.on_end();
  cr_expect(dialogue.fault() == "it closed before it had connected");
}
