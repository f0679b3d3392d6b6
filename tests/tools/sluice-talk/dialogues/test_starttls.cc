// The dialogue before TLS: what is asked of each kind of server, and what ends it.
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluice-talk/dialogues/starttls.h"

using sluice::tools::talk::start_tls_from;
using sluice::tools::talk::StartTls;
using sluice::tools::talk::StartTlsDialogue;

namespace {

// An answer of the server, and what the client says to it.
struct Turn {
  std::string answer;
  std::string said;
};

StartTlsDialogue begun(StartTls protocol) { return {protocol, "it's.example", "[192.0.2.1]"}; }

std::string taken(StartTlsDialogue& dialogue) { return std::exchange(dialogue.output(), {}); }

// Byte by byte, as a slow network may deliver it.
void feed_bytes(StartTlsDialogue& dialogue, const std::string& bytes) {
  for (const char byte : bytes) {
    cr_assert(dialogue.fault().empty() && !dialogue.is_done(), "after %c", byte);
    dialogue.receive({&byte, 1});
  }
}

void expect_done(StartTls protocol, const std::vector<Turn>& turns) {
  StartTlsDialogue dialogue = begun(protocol);
  if (protocol == StartTls::xmpp) {
    cr_expect(taken(dialogue) ==
              "<?xml version='1.0'?><stream:stream to='it&apos;s.example' version='1.0' "
              "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
  }
  for (const Turn& turn : turns) {
    cr_expect(!dialogue.is_done());
    feed_bytes(dialogue, turn.answer);
    cr_expect(dialogue.fault().empty(), "%s", dialogue.fault().c_str());
    const std::string said = taken(dialogue);
    cr_expect(said == turn.said, "%s", said.c_str());
  }
  cr_expect(dialogue.is_done());
}

std::string fault_of(StartTls protocol, const std::vector<std::string>& answers) {
  StartTlsDialogue dialogue = begun(protocol);
  for (const std::string& answer : answers) {
    cr_assert(dialogue.fault().empty());
    dialogue.receive(answer);
  }
  cr_expect(dialogue.fault().empty() == !dialogue.is_done() || !dialogue.fault().empty());
  return dialogue.fault();
}

void expect_fault(StartTls protocol, const std::vector<std::string>& answers,
                  const std::string& text) {
  const std::string fault = fault_of(protocol, answers);
  cr_expect(fault == text, "%s", fault.c_str());
}

const std::string kStream = "<?xml version='1.0'?><stream:stream from='x' id=\"a>b\">";
const std::string kOffer =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
const std::string kAskXmpp = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

}  // namespace

Test(starttls, each_protocol_has_its_dialogue) {
  expect_done(StartTls::smtp, {{"220-mail.example\r\n220 ESMTP\r\n", "EHLO [192.0.2.1]\r\n"},
                               {"250-mail.example\r\n250-SIZE 1000\r\n250-StartTLS\r\n250 HELP\r\n",
                                "STARTTLS\r\n"},
                               {"220 go ahead\r\n", ""}});
  expect_done(StartTls::imap, {{"* OK [CAPABILITY IMAP4rev1] ready\r\n", "s STARTTLS\r\n"},
                               {"* CAPABILITY IMAP4rev1\r\ns OK begin\r\n", ""}});
  expect_done(StartTls::pop3, {{"+OK <1@mail.example>\r\n", "STLS\r\n"}, {"+OK\r\n", ""}});
  expect_done(StartTls::xmpp, {{kStream + kOffer, kAskXmpp},
                               {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", ""}});
  expect_done(StartTls::xmpp, {{kStream + kOffer, kAskXmpp}, {"<proceed></proceed>", ""}});
}

// CVE-2011-0411, turned round: what an attacker appends to the last answer in plain text must not
// be read as if it had come through TLS.
Test(starttls, bytes_after_the_last_answer_end_the_connection) {
  const std::string why =
      " bytes in plain text after it had agreed to TLS; somebody may have injected them";
  const std::vector<std::string> smtp = {"220 x\r\n", "250 STARTTLS\r\n"};
  std::vector<std::string> answers = smtp;
  answers.emplace_back("220 go\r\n250 injected\r\n");
  expect_fault(StartTls::smtp, answers, "the peer sent 14" + why);
  expect_fault(StartTls::imap, {"* OK\r\n", "s OK\r\n* injected\r\n"}, "the peer sent 12" + why);
  expect_fault(StartTls::pop3, {"+OK\r\n", "+OK\r\n+"}, "the peer sent 1" + why);
  expect_fault(StartTls::xmpp, {kStream + kOffer, "<proceed/>\n"}, "the peer sent 1" + why);
}

Test(starttls, a_server_that_offers_or_allows_none_is_refused) {
  const std::string none = "the peer offers no STARTTLS";
  expect_fault(StartTls::smtp, {"220 x\r\n", "250-x\r\n250 STARTTLSX\r\n"}, none);
  expect_fault(StartTls::smtp, {"220 x\r\n", "250 STARTTLS\r\n", "454 not now\r\n"},
               "the peer refused STARTTLS: 454 not now");
  expect_fault(StartTls::smtp, {"554 go away\r\n"}, "the peer refused STARTTLS: 554 go away");
  expect_fault(StartTls::imap, {"* PREAUTH hello\r\n"},
               "the peer refused STARTTLS: * PREAUTH hello");
  expect_fault(StartTls::imap, {"* OK\r\n", "s NO none\r\n"},
               "the peer refused STARTTLS: s NO none");
  expect_fault(StartTls::imap, {"* OK\r\n", "* BYE\r\n"}, "the peer refused STARTTLS: * BYE");
  expect_fault(StartTls::pop3, {"+OK\r\n", "-ERR no\r\n"}, "the peer refused STARTTLS: -ERR no");
  expect_fault(StartTls::xmpp, {kStream + "<stream:features/>"}, none);
  expect_fault(StartTls::xmpp,
               {kStream + "<stream:features><starttls xmlns='other'/></stream:features>"}, none);
  expect_fault(StartTls::xmpp, {kStream + kOffer, "<failure/>"},
               "the peer refused STARTTLS: <failure/>");
}

Test(starttls, another_protocol_is_named_as_such) {
  expect_fault(StartTls::smtp, {"SSH-2.0-\x1b\r\n"}, "the peer does not speak SMTP: SSH-2.0-\\x1b");
  expect_fault(StartTls::imap, {"+OK\r\n"}, "the peer does not speak IMAP: +OK");
  expect_fault(StartTls::imap, {"* OK\r\n", "t OK\r\n"}, "the peer does not speak IMAP: t OK");
  expect_fault(StartTls::pop3, {"220 x\r\n"}, "the peer does not speak POP3: 220 x");
  expect_fault(StartTls::xmpp, {"HTTP/1.0 400\r\n\r\n<html>"},
               "the peer does not speak XMPP: <html>");
}

Test(starttls, what_a_peer_may_send_is_limited) {
  const std::string why = "the peer sent more than 16384 bytes before TLS";
  expect_fault(StartTls::smtp, {std::string(StartTlsDialogue::kMaxPlainText + 1, 'x')}, why);
  cr_expect(fault_of(StartTls::smtp, {std::string(StartTlsDialogue::kMaxPlainText, 'x')}).empty());
  std::vector<std::string> greetings(StartTlsDialogue::kMaxPlainText / 8, "220-...\n");
  greetings.emplace_back("2");
  expect_fault(StartTls::smtp, greetings, why);
}

Test(starttls, an_end_is_a_fault_too) {
  StartTlsDialogue dialogue = begun(StartTls::pop3);
  dialogue.on_end();
  cr_expect(dialogue.fault() == "the peer closed before TLS");
}

Test(starttls, protocols_have_names) {
  cr_expect(start_tls_from("xmpp") == StartTls::xmpp);
  cr_expect(!start_tls_from("SMTP") && !start_tls_from(""));
}
