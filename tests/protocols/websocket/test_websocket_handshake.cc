// The handshake: what is accepted and what is refused, by section of RFC 6455.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/http/http_head.h"
#include "protocols/websocket/websocket_client_handshake.h"
#include "protocols/websocket/websocket_handshake.h"
#include "protocols/websocket/websocket_masks.h"

using namespace sluice;

namespace {

struct Head {
  explicit Head(std::string bytes) : text(std::move(bytes)) {
    HttpHeadDecoder decoder;
    cr_assert(decoder.decode(text, request).status == HttpHeadStatus::complete);
  }
  std::string text;
  HttpRequest request;
};

constexpr std::string_view kLine = "GET /chat HTTP/1.1\r\n";
constexpr std::string_view kHost = "Host: server.example.com\r\n";
constexpr std::string_view kUpgrade = "Upgrade: websocket\r\n";
constexpr std::string_view kConnection = "Connection: Upgrade\r\n";
constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kVersion = "Sec-WebSocket-Version: 13\r\n";

std::string joined(std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines) text += line;
  return text + "\r\n";
}

std::string handshake(std::string_view more = "") {
  return joined({kLine, kHost, kUpgrade, kConnection, kKey, kVersion, more});
}

// 0 if it is accepted.
int status_of(const std::string& text, const std::vector<std::string>& origins = {}) {
  const Head head(text);
  cr_assert(asks_for_websocket(head.request));
  const std::optional<HttpResponse> refusal = refuse_handshake(head.request, origins);
  return refusal ? refusal->status : 0;
}

int with_origin(std::string_view origin, std::string_view host,
                const std::vector<std::string>& origins = {}) {
  const std::string lines = "Host: " + std::string(host) + "\r\nOrigin: " + std::string(origin);
  return status_of(joined({kLine, lines, "\r\n", kUpgrade, kConnection, kKey, kVersion}), origins);
}

// What a client finds wrong with an answer to the key of the RFC's example; "" if nothing.
std::string fault_of(std::string_view answer, const std::vector<std::string>& offered = {},
                     bool deflate = false) {
  HttpResponseHead head;
  cr_assert(read_http_response_head(answer, head).status == HttpHeadStatus::complete);
  const WebSocketClientOptions options{.subprotocols = offered, .deflate = deflate};
  const WebSocketAnswer checked = check_websocket_answer(head, "dGhlIHNhbXBsZSBub25jZQ==", options);
  cr_expect(!checked.deflates || deflate);
  return checked.fault;
}

constexpr std::string_view kSwitching = "HTTP/1.1 101 Switching Protocols\r\n";
constexpr std::string_view kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

}  // namespace

// Section 1.3.
Test(websocket_handshake, answers_the_example_of_the_rfc) {
  cr_expect(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  cr_expect(status_of(handshake()) == 0);
  const Head head(handshake());
  cr_expect(accept_handshake(head.request, "chat", "") ==
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: chat\r\n\r\n");
  cr_expect(accept_handshake(head.request, "", "").ends_with("K+xOo=\r\n\r\n"));
}

// Section 4.2.1, and RFC 9110, sections 5.1 and 7.8, for the lists.
Test(websocket_handshake, reads_names_and_lists_in_any_case) {
  cr_expect(status_of(joined({kLine, kHost, "uPGRADE: h2c, WebSocket\r\n",
                              "connection: keep-alive\r\nConnection: x, UPGRADE\r\n", kKey,
                              "SEC-WEBSOCKET-VERSION:13\r\n"})) == 0);
}

Test(websocket_handshake, is_no_handshake_without_an_upgrade_to_websocket) {
  cr_expect(!asks_for_websocket(Head(joined({kLine, kHost, kConnection, kKey})).request));
  cr_expect(!asks_for_websocket(Head(joined({kLine, kHost, "Upgrade: h2c\r\n"})).request));
  cr_expect(upgrade_required().status == 426);
  cr_expect(upgrade_required().headers.find("Upgrade: websocket\r\n") != std::string::npos);
}

// Section 4.2.1: each of what a handshake needs.
Test(websocket_handshake, refuses_what_lacks_a_part) {
  cr_expect(status_of(joined(
                {"HEAD / HTTP/1.1\r\n", kHost, kUpgrade, kConnection, kKey, kVersion})) == 400);
  cr_expect(status_of(joined(
                {"GET / HTTP/1.0\r\n", kHost, kUpgrade, kConnection, kKey, kVersion})) == 400);
  cr_expect(status_of(joined({kLine, kHost, kUpgrade, kKey, kVersion})) == 400);
  cr_expect(status_of(joined({kLine, kHost, kUpgrade, "Connection: close\r\n", kKey, kVersion})) ==
            400);
  cr_expect(status_of(joined({kLine, kHost, kUpgrade, kConnection, kVersion})) == 400);
  cr_expect(status_of(handshake(kKey)) == 400);
}

Test(websocket_handshake, refuses_a_key_that_is_not_16_bytes) {
  for (const std::string_view key :
       {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZQAA"}) {
    const std::string line = "Sec-WebSocket-Key: " + std::string(key) + "\r\n";
    cr_expect(status_of(joined({kLine, kHost, kUpgrade, kConnection, line, kVersion})) == 400, "%s",
              line.c_str());
  }
}

// Sections 4.2.2 and 4.4.
Test(websocket_handshake, names_the_version_to_a_client_that_has_another_one) {
  for (const std::string_view version :
       {"Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 13, 8\r\n",
        "Sec-WebSocket-Version: 14\r\n", "X: 13\r\n"}) {
    const Head head(joined({kLine, kHost, kUpgrade, kConnection, kKey, version}));
    const std::optional<HttpResponse> refusal = refuse_handshake(head.request, {});
    cr_assert(refusal.has_value());
    cr_expect(refusal->status == 426);
    cr_expect(refusal->headers.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
  }
}

// Section 10.2.
Test(websocket_handshake, accepts_pages_of_its_own_host) {
  cr_expect(with_origin("http://a.example", "a.example") == 0);
  cr_expect(with_origin("HTTP://A.example", "a.EXAMPLE") == 0);
  cr_expect(with_origin("http://a.example:8080", "a.example:8080") == 0);
  cr_expect(with_origin("https://a.example", "a.example:443") == 0);
  cr_expect(with_origin("http://a.example:80", "a.example") == 0);
  cr_expect(with_origin("http://[::1]:8080", "[::1]:8080") == 0);
}

Test(websocket_handshake, refuses_pages_of_other_hosts) {
  cr_expect(with_origin("http://evil.example", "a.example") == 403);
  cr_expect(with_origin("http://a.example.evil.example", "a.example") == 403);
  cr_expect(with_origin("http://a.example:8081", "a.example:8080") == 403);
  cr_expect(with_origin("http://xa.example", "a.example") == 403);
  cr_expect(with_origin("null", "a.example") == 403);
  cr_expect(with_origin("", "a.example") == 403);
  cr_expect(with_origin("http://", "a.example") == 403);
  cr_expect(status_of(handshake("Origin: http://server.example.com\r\nOrigin: http://b\r\n")) ==
            400);
}

Test(websocket_handshake, accepts_the_origins_of_a_list_alone) {
  const std::vector<std::string> list = {"https://b.example", "null"};
  cr_expect(with_origin("https://b.example", "a.example", list) == 0);
  cr_expect(with_origin("null", "a.example", list) == 0);
  cr_expect(with_origin("http://b.example", "a.example", list) == 403);
  cr_expect(with_origin("http://a.example", "a.example", list) == 403);
  cr_expect(with_origin("http://any.example", "a.example", {"*"}) == 0);
  cr_expect(status_of(handshake(), list) == 0);  // no page
}

// Section 4.2.2, step 5.
Test(websocket_handshake, chooses_the_best_subprotocol_that_the_client_offers) {
  const std::vector<std::string> known = {"text.ircv3.net", "chat"};
  const auto chosen = [&known](std::string_view more) {
    return choose_subprotocol(Head(handshake(more)).request, known);
  };
  cr_expect(chosen("Sec-WebSocket-Protocol: chat, text.ircv3.net\r\n") == 0);
  cr_expect(chosen("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b ,chat\r\n") == 1);
  cr_expect(chosen("Sec-WebSocket-Protocol: CHAT\r\n") == 2);
  cr_expect(chosen("") == 2);
}

// Section 4.1: what the server's side reads is what the client's side writes, and the other way.
Test(websocket_handshake, of_both_sides_fits_together) {
  const WebSocketClientOptions options{
      .host = "a.example:81", .path = "/chat?x=1", .subprotocols = {"one", "two"}};
  WebSocketMasks masks;
  const std::string key = masks.key();
  const Head head(websocket_request(options, key));
  cr_expect(head.request.path == "/chat" && head.request.query == "x=1");
  cr_expect(head.request.find("Host") == "a.example:81");
  cr_expect(head.request.find("Sec-WebSocket-Protocol") == "one, two");
  cr_expect(asks_for_websocket(head.request) && !refuse_handshake(head.request, {}));
  HttpResponseHead answer;
  const std::string text = accept_handshake(head.request, "two", "");
  cr_assert(read_http_response_head(text, answer).status == HttpHeadStatus::complete);
  const WebSocketAnswer checked = check_websocket_answer(answer, key, options);
  cr_expect(checked.fault.empty() && checked.subprotocol == "two");
  cr_expect(!check_websocket_answer(answer, masks.key(), options).fault.empty());
}

// Section 4.1, "the client MUST validate the server's response".
Test(websocket_handshake, of_a_client_accepts_only_what_the_rfc_requires) {
  cr_expect(fault_of(joined({kSwitching, "upgrade: WEBSOCKET\r\n", "connection: x, upgrade\r\n",
                             kAccept})) == "");
  cr_expect(fault_of("HTTP/1.1 403 No\x80\r\n\r\n") == "the server answered 403 No\\x80");
  cr_expect(fault_of("HTTP/1.1 200\r\n\r\n") == "the server answered 200");
  for (const std::string& text :
       {joined({kSwitching, kConnection, kAccept}),
        joined({kSwitching, "Upgrade: h2c\r\n", kConnection, kAccept}),
        joined({kSwitching, kUpgrade, kAccept}), joined({kSwitching, kUpgrade, kConnection}),
        joined({kSwitching, kUpgrade, kConnection, "Sec-WebSocket-Accept: x\r\n"}),
        joined({kSwitching, kUpgrade, kConnection, kAccept, kAccept}),
        joined({kSwitching, kUpgrade, kConnection, kAccept,
                "Sec-WebSocket-Extensions: permessage-deflate\r\n"}),
        joined({kSwitching, kUpgrade, kConnection, kAccept, "Sec-WebSocket-Protocol: three\r\n"}),
        joined({kSwitching, kUpgrade, kConnection, kAccept,
                "Sec-WebSocket-Protocol: one\r\nSec-WebSocket-Protocol: one\r\n"})}) {
    cr_expect(fault_of(text, {"one", "two"}) != "", "%s", text.c_str());
  }
}

// Section 10.3.
Test(websocket_handshake, has_another_key_each_time) {
  WebSocketMasks masks;
  WebSocketMasks others;
  cr_expect(masks.key() != masks.key());
  cr_expect(masks.key() != others.key());
  cr_expect(masks.key().size() == 24);
}

// RFC 7692, section 5.1; RFC 6455, section 4.1.
Test(websocket_handshake, a_client_accepts_only_the_extension_that_it_has_offered) {
  const auto with = [](std::string_view extensions) {
    return joined({kSwitching, kUpgrade, kConnection, kAccept,
                   "Sec-WebSocket-Extensions: ", extensions, "\r\n"});
  };
  const std::string good = with("permessage-deflate; server_no_context_takeover");
  const std::string unknown = "the server uses an extension that was not offered";
  cr_expect(fault_of(good, {}, true).empty());
  cr_expect(fault_of(good) == unknown, "%s", fault_of(good).c_str());
  cr_expect(fault_of(with("permessage-deflate"), {}, true) == unknown, "%s",
            fault_of(with("permessage-deflate"), {}, true).c_str());
  cr_expect(fault_of(with("x-other"), {}, true) == unknown, "%s",
            fault_of(with("x-other"), {}, true).c_str());
  cr_expect(fault_of(with("a;"), {}, true) == "Sec-WebSocket-Extensions is malformed");
  cr_expect(fault_of(with("")).empty());
}
