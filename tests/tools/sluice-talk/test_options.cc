// The command line of sluice-talk: defaults, and what goes together. Each message is held in
// e2e/tools/test_talk_usage.py.
#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-talk/endpoint_words.h"
#include "tools/sluice-talk/options.h"
#include "tools/sluice-talk/tls_link.h"
#include <sluice/version.h>

using sluice::Endpoint;
using sluice::tools::talk::PrintFormat;
using sluice::tools::talk::TalkOptions;
using sluice::tools::talk::TlsLink;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

TalkOptions read(const Words& words) {
  std::vector<const char*> argv = {"sluice-talk"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return sluice::tools::talk::parse_talk_options(static_cast<int>(argv.size()), argv.data());
}

TalkOptions parsed(const Words& words) {
  try {
    return read(words);
  } catch (const sluice::tools::UsageError& error) {
    cr_assert_fail("%s", error.what());
    throw;
  }
}

std::string endpoint(const Words& words) {
  return sluice::tools::talk::endpoint_of_words(words, [] {
    sluice::ServiceNames services;
    services.add("ssh", 22, sluice::Scheme::tcp);
    services.add("domain", 53, sluice::Scheme::tcp);
    services.add("domain", 5353, sluice::Scheme::udp);
    return services;
  });
}

const std::string kTcp = "127.0.0.1:7";
const std::string kUdp = "udp://127.0.0.1:7";

}  // namespace

Test(talk_options, over_a_stream_it_is_lines_without_any_limit) {
  for (const char* endpoint : {"127.0.0.1:7", "unix:///run/x"}) {
    const TalkOptions options = parsed({endpoint});
    cr_expect(options.wire.framing == "line");
    cr_expect(!options.wire.datagrams);
    cr_expect(!options.wait.has_value());
    cr_expect(!options.expect.has_value());
    cr_expect(options.timeout == 0ms);
    cr_expect(options.format == PrintFormat::text);
    cr_expect(options.send.empty() && !options.listen && !options.verbose);
  }
}

Test(talk_options, over_udp_a_datagram_is_a_message_and_the_wait_a_second) {
  const TalkOptions options = parsed({kUdp});
  cr_expect(options.wire.framing == "none");
  cr_expect(options.wire.datagrams);
  cr_expect(options.wait == 1s);
}

Test(talk_options, the_wait_over_udp_gives_way_to_what_says_when_to_end) {
  cr_expect(parsed({kUdp, "--expect", "1"}).wait == 1s);
  cr_expect(parsed({kUdp, "--timeout", "1s"}).wait == 1s);
  cr_expect(!parsed({kUdp, "--expect", "1", "--timeout", "1s"}).wait.has_value());
  cr_expect(!parsed({kUdp, "--listen"}).wait.has_value());
  cr_expect(!parsed({kUdp, "--wait", "off"}).wait.has_value());
  cr_expect(parsed({kUdp, "--listen", "--wait", "0"}).wait == 0ms);
  cr_expect(parsed({kTcp, "--wait", "2s"}).wait == 2s);
}

Test(talk_options, reads_each_value) {
  const TalkOptions options =
      parsed({"--framing", "u8", "--send", "a,b", "--send=", "--expect", "3", "--timeout", "5s",
              "--bind", "*:0", "--json", "-v", "--backend", "poll", kTcp});
  cr_expect(options.wire.framing == "u8");
  cr_expect(options.send == Words({"a,b", ""}));
  cr_expect(options.expect == 3);
  cr_expect(options.timeout == 5s);
  cr_expect(*options.bind == Endpoint::from("tcp://*:0"));
  cr_expect(options.format == PrintFormat::json);
  cr_expect(options.verbose);
  cr_expect(options.loop.backend == sluice::Backend::poll);
}

Test(talk_options, groups_have_an_interface_or_none) {
  const TalkOptions options =
      parsed({kUdp, "--join", "239.1.2.3", "--join", "224.0.0.1%eth0", "--join", "ff02::1%lo"});
  cr_assert(options.join.size() == 3);
  cr_expect(options.join[0].address.host() == "239.1.2.3" && options.join[0].interface.empty());
  cr_expect(options.join[1].address.host() == "224.0.0.1" && options.join[1].interface == "eth0");
  cr_expect(options.join[2].address.host() == "ff02::1" && options.join[2].interface == "lo");
}

Test(talk_options, listen_over_udp_takes_a_wildcard_and_any_port) {
  const TalkOptions options = parsed({"--listen", "udp://*:0"});
  cr_expect(options.target.endpoint->any_family());
}

Test(talk_options, tls_expects_the_name_of_the_endpoint_unless_another_is_given) {
  if (not TlsLink::is_built_in()) cr_skip_test("built without OpenSSL");
  cr_expect(!parsed({kTcp}).tls.has_value());
  const TalkOptions named = parsed({"tls://example.org:443"});
  cr_assert(named.tls.has_value());
  cr_expect(named.tls->name == "example.org");
  cr_expect(named.target.text == "tls://example.org:443");
  cr_expect(named.target.port() == 443);
  cr_expect(!named.tls->insecure_no_verify);
  cr_expect(parsed({"tls://[::1]:7"}).tls->name == "::1");
  cr_expect(parsed({"tls://[fe80::1%1]:7"}).tls->name == "fe80::1");
  const TalkOptions all = parsed({"tls://127.0.0.1:7", "--sni", "a.example", "--alpn", "h2",
                                  "--alpn", "x,y", "--cert", "c", "--key", "k", "--ca", "r"});
  cr_expect(all.tls->name == "a.example");
  cr_expect(all.tls->alpn == Words({"h2", "x,y"}));
  cr_expect(all.tls->cert == "c" && all.tls->key == "k" && all.tls->ca == "r");
  cr_expect(parsed({"tls://[::1]:7", "--insecure-no-verify"}).tls->insecure_no_verify);
}

Test(talk_options, a_websocket_has_a_host_a_path_and_the_port_of_its_scheme) {
  cr_expect(!parsed({kTcp}).websocket.has_value());
  const TalkOptions plain = parsed({"ws://example.org"});
  cr_assert(plain.websocket.has_value() && !plain.tls.has_value());
  cr_expect(plain.target.port() == 80 && plain.target.text == "ws://example.org:80/");
  cr_expect(plain.websocket->host == "example.org" && plain.websocket->path == "/");
  cr_expect(plain.wire.websocket && plain.wire.framing == "none");
  const TalkOptions full =
      parsed({"ws://[::1]:8443/chat?room=1", "--subprotocol", "a", "--subprotocol", "b"});
  cr_expect(full.target.port() == 8443);
  cr_expect(full.target.text == "ws://[::1]:8443/chat?room=1");
  cr_expect(full.websocket->host == "[::1]:8443" && full.websocket->path == "/chat?room=1");
  cr_expect(full.websocket->subprotocols == Words({"a", "b"}));
  cr_expect(parsed({"ws://[fe80::1%1]:80?q"}).websocket->host == "[fe80::1]");
  cr_expect(parsed({"ws://[fe80::1%1]?q"}).websocket->path == "/?q");
  if (not TlsLink::is_built_in()) return;
  const TalkOptions secure = parsed({"wss://127.0.0.1", "--alpn", "http/1.1"});
  cr_expect(secure.target.text == "wss://127.0.0.1:443/" && secure.tls->name == "127.0.0.1");
  cr_expect(secure.websocket->host == "127.0.0.1");
  cr_expect(parsed({"wss://127.0.0.1:80/"}).websocket->host == "127.0.0.1:80");
}

Test(talk_options, a_websocket_closes_a_second_after_the_input_unless_told_otherwise) {
  const std::string there = "ws://127.0.0.1:7";
  cr_expect(parsed({there}).wait == 1s);
  cr_expect(parsed({there, "--wait", "0"}).wait == 0ms);
  cr_expect(!parsed({there, "--wait", "off"}).wait.has_value());
  cr_expect(!parsed({there, "--expect", "1"}).wait.has_value());
  cr_expect(!parsed({there, "--receive-only"}).wait.has_value());
}

Test(talk_options, a_proxy_header_is_of_version_1_unless_2_is_asked_for) {
  using sluice::ProxyVersion;
  cr_expect(!parsed({kTcp}).proxy_header.has_value());
  cr_expect(parsed({kTcp, "--proxy-protocol"}).proxy_header == ProxyVersion::v1);
  cr_expect(parsed({kTcp, "--proxy-protocol=v1"}).proxy_header == ProxyVersion::v1);
  cr_expect(parsed({"unix:///x", "--proxy-protocol=v2"}).proxy_header == ProxyVersion::v2);
}

Test(talk_options, what_is_sent_is_held_against_the_framing) {
  cr_expect(usage_error_of([] {
              (void)read({kTcp, "--framing", "fixed:2", "--send", "abc"});
            }) != "");
  cr_expect(parsed({kTcp, "--framing", "fixed:3", "--send", "abc"}).send == Words({"abc"}));
}

Test(talk_options, help_and_version_need_no_endpoint) {
  cr_expect(parsed({"--version"}).answer == "sluice-talk " SLUICE_VERSION_STRING "\n");
  const std::string help = parsed({"--help"}).answer;
  for (const std::string word : {"--framing", "--join", "netstring", "decimal:N", "unix://PATH"}) {
    cr_expect(help.find(word) != help.npos, "%s is not in the help", word.c_str());
  }
}

Test(talk_options, a_host_and_a_port_may_be_two_words) {
  cr_expect(endpoint({"localhost", "7"}) == "localhost:7");
  cr_expect(endpoint({"udp://localhost", "7"}) == "udp://localhost:7");
  cr_expect(endpoint({"127.0.0.1", "7"}) == "127.0.0.1:7");
  cr_expect(endpoint({"::1", "7"}) == "[::1]:7");
  cr_expect(endpoint({"tls://[::1]", "7"}) == "tls://[::1]:7");
  cr_expect(parsed({"::1", "7"}).target.endpoint->to_string() == "tcp://[::1]:7");
  const std::vector<Words> wrong = {
      {"a", "7", "8"}, {"a:7", "8"},  {"unix:///x", "7"},
      {"udp://", "7"}, {"a", "none"}, {"a", "b:7"},
  };
  for (const Words& words : wrong) {
    cr_expect(!usage_error_of([&words] { endpoint(words); }).empty(), "%s", words[1].c_str());
  }
}

Test(talk_options, a_port_may_be_the_name_of_a_service) {
  cr_expect(endpoint({"localhost:ssh"}) == "localhost:22");
  cr_expect(endpoint({"localhost", "ssh"}) == "localhost:22");
  cr_expect(endpoint({"tls://[::1]:domain"}) == "tls://[::1]:53");
  cr_expect(endpoint({"udp://localhost:domain"}) == "udp://localhost:5353");
  cr_expect(endpoint({"udp://::1", "domain"}) == "udp://[::1]:5353");
  // A word that is no service does not change: the parser of endpoints rejects it.
  for (const char* same : {"localhost:none", "localhost", "localhost:", "unix:///run/ssh:ssh",
                           "unix:ssh", "[::1]", "udp://ssh", "localhost:7"}) {
    cr_expect(endpoint({same}) == same, "%s", same);
  }
}

Test(talk_options, one_family_of_addresses) {
  cr_expect(parsed({"localhost:7"}).family == AF_UNSPEC);
  cr_expect(parsed({"-4", "localhost:7"}).family == AF_INET);
  cr_expect(parsed({"--ipv6", "[::1]:7"}).family == AF_INET6);
  cr_expect(!usage_error_of([] { read({"-6", kTcp}); }).empty());
}

Test(talk_options, how_a_stream_ends_and_begins_again) {
  const TalkOptions plain = parsed({kTcp});
  cr_expect(!plain.keep_open && !plain.reconnect && plain.interval == 0ms);
  const TalkOptions given = parsed({kTcp, "--keep-open", "--reconnect", "--interval", "20ms"});
  cr_expect(given.keep_open && given.reconnect && given.interval == 20ms);
}
