// HttpHeadDecoder: which heads it accepts, and with which status it refuses the others. The head of
// a response: the same for a client.
#include <cstddef>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/http/http_head.h"
#include "protocols/http/http_response_head.h"

using sluice::HttpHeadDecoder;
using sluice::HttpHeadResult;
using sluice::HttpHeadStatus;
using sluice::HttpMethod;
using sluice::HttpRequest;
using sluice::HttpResponseHead;
using sluice::read_http_response_head;

namespace {

// What a head is answered with; 200 if it is accepted, 0 if it is not complete.
int status_of(std::string_view head) {
  HttpHeadDecoder decoder;
  HttpRequest request;
  const HttpHeadResult result = decoder.decode(head, request);
  if (result.status == HttpHeadStatus::refused) return result.refusal.status;
  return result.status == HttpHeadStatus::complete ? 200 : 0;
}

// The same, when the bytes arrive one by one.
int status_byte_by_byte(std::string_view head) {
  HttpHeadDecoder decoder;
  HttpRequest request;
  for (std::size_t size = 1; size <= head.size(); ++size) {
    const HttpHeadResult result = decoder.decode(head.substr(0, size), request);
    if (result.status == HttpHeadStatus::refused) return result.refusal.status;
    if (result.status == HttpHeadStatus::complete) return 200;
  }
  return 0;
}

struct Case {
  const char* section;  // of RFC 9112, or another RFC
  std::string_view head;
  int status;
};

constexpr std::string_view kNul("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35);

constexpr Case kCases[] = {
    {"2.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"2.1", "HEAD /a?b HTTP/1.1\r\nhost: a:80\r\nX:\r\n\r\n", 200},
    {"2.1", "GET / HTTP/1.1\r\nHost: a\r\n", 0},
    {"2.2", "GET / HTTP/1.1\nHost: a\n\n", 400},            // LF alone
    {"2.2", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},        // LF alone
    {"2.2", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400},   // CR alone
    {"2.2", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400},    // CR alone
    {"2.2", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},  // one empty line before
    {"2.2", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"2.2", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},  // a space before the first header
    {"2.3", "GET / HTTP/1.0\r\n\r\n", 200},
    {"2.3", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 200},  // RFC 9110, 2.5: a minor version
    {"2.3", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"2.3", "GET / HTTP/0.9\r\n\r\n", 505},
    {"2.3", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},  // RFC 9113, 3.4: HTTP/2
    {"2.3", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"2.3", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"2.3", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
    {"2.3", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", 400},
    {"3", "GET /\r\n\r\n", 400},
    {"3", "GET\r\n\r\n", 400},
    {"3", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"3", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3", "(ET / HTTP/1.1", 400},
    {"3", "\x16\x03\x01\x02", 400},  // a TLS handshake
    {"3.1", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", 405},
    {"3.1", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405},
    {"3.1", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405},
    {"3.1", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},  // methods are case-sensitive
    {"3.1", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"3.2", "GET / HTTP/1.1\r\n\r\n", 400},  // no Host
    {"3.2", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"3.2", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"3.2", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 200},
    {"3.2", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"3.2.1", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3.2.1", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3.2.1", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3.2.2", "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"3.2.2", "GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"3.2.2", "GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3.2.2", "GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3.2.3", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"3.2.4", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"5", "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400},
    {"5", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
    {"5", "GET / HTTP/1.1\r\nHost: a\r\nA b: x\r\n\r\n", 400},
    {"5.1", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"5.1", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", 400},
    {"5.2", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
    {"5.2", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400},
    {"5.5 of 9110", kNul, 400},
    {"5.5 of 9110",
     "GET / HTTP/1.1\r\nHost: a\r\nX: a\x1b"
     "b\r\n\r\n",
     400},
    {"5.5 of 9110", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", 400},
    {"5.5 of 9110", "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\tb c\r\n\r\n", 200},
    {"6.1", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"6.1", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"6.1", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: zip\r\n\r\n", 501},
    {"6.1", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"6.1", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
     400},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 400},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", 400},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
    {"6.3", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
};

std::string repeat(std::string_view text, std::size_t count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

// A head whose request line has so many bytes, with its end.
std::string request_line(std::size_t size) {
  constexpr std::string_view kRest = "GET / HTTP/1.1\r\n";
  return "GET /" + std::string(size - kRest.size(), 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string header_line(std::size_t size) {
  return "GET / HTTP/1.1\r\nHost: a\r\nX:" + std::string(size - 4, 'a') + "\r\n\r\n";
}

// A head of so many bytes, in header lines of at most 1000.
std::string whole(std::size_t size) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  constexpr std::size_t kLine = 1000;
  while (head.size() + 2 + kLine + 6 <= size) head += "X:" + std::string(kLine - 4, 'a') + "\r\n";
  head += "Y:" + std::string(size - head.size() - 6, 'a') + "\r\n";
  return head + "\r\n";
}

}  // namespace

Test(http_head, answers_each_case_of_the_rfc_with_its_status) {
  for (const Case& each : kCases) {
    const std::string head(each.head);
    cr_expect(status_of(each.head) == each.status, "section %s: %s: %d, not %d", each.section,
              head.c_str(), status_of(each.head), each.status);
    cr_expect(status_byte_by_byte(each.head) == each.status, "section %s, byte by byte: %s: %d",
              each.section, head.c_str(), status_byte_by_byte(each.head));
  }
}

Test(http_head, limits_the_request_line) {
  cr_expect(status_of(request_line(HttpHeadDecoder::kMaxRequestLine)) == 200);
  cr_expect(status_of(request_line(HttpHeadDecoder::kMaxRequestLine + 1)) == 414);
  cr_expect(status_of("GET /" + std::string(HttpHeadDecoder::kMaxRequestLine, 'a')) == 414);
}

Test(http_head, limits_a_header_line) {
  cr_expect(status_of(header_line(HttpHeadDecoder::kMaxHeaderLine)) == 200);
  cr_expect(status_of(header_line(HttpHeadDecoder::kMaxHeaderLine + 1)) == 431);
  cr_expect(status_of("GET / HTTP/1.1\r\nX: " +
                      std::string(HttpHeadDecoder::kMaxHeaderLine, 'a')) == 431);
}

Test(http_head, limits_the_count_of_headers) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\n";
  cr_expect(status_of(begin + repeat("X: a\r\n", HttpRequest::kMaxHeaders - 1) + "\r\n") == 200);
  cr_expect(status_of(begin + repeat("X: a\r\n", HttpRequest::kMaxHeaders) + "\r\n") == 431);
  cr_expect(status_of(begin + repeat("X: a\r\n", HttpRequest::kMaxHeaders)) == 431);
}

Test(http_head, limits_the_whole_head) {
  cr_expect(whole(HttpHeadDecoder::kMaxHead).size() == HttpHeadDecoder::kMaxHead);
  cr_expect(status_of(whole(HttpHeadDecoder::kMaxHead)) == 200);
  cr_expect(status_of(whole(HttpHeadDecoder::kMaxHead + 1)) == 431);
  cr_expect(status_of("\r\n" + whole(HttpHeadDecoder::kMaxHead)) == 200);
  cr_expect(status_byte_by_byte("\r\n" + whole(HttpHeadDecoder::kMaxHead)) == 200);
  cr_expect(status_byte_by_byte(whole(HttpHeadDecoder::kMaxHead + 1)) == 431);
}

Test(http_head, fills_in_the_request) {
  HttpHeadDecoder decoder;
  HttpRequest request;
  const std::string_view head =
      "HEAD /metrics?a=b?c HTTP/1.0\r\nHost:\t one \r\nx-Two:2\r\n\r\nrest";
  const HttpHeadResult result = decoder.decode(head, request);
  cr_assert(result.status == HttpHeadStatus::complete);
  cr_expect(head.substr(result.consumed) == "rest");
  cr_expect(request.method == HttpMethod::head);
  cr_expect(request.minor == 0);
  cr_expect(request.path == "/metrics");
  cr_expect(request.query == "a=b?c");
  cr_assert(request.headers().size() == 2);
  cr_expect(request.headers()[0].name == "Host");
  cr_expect(request.headers()[0].value == "one");
  cr_expect(request.headers()[1].name == "x-Two");
  cr_expect(request.headers()[1].value == "2");
}

Test(http_head, finds_the_path_behind_a_host) {
  const auto path_of = [](std::string_view target) {
    HttpHeadDecoder decoder;
    HttpRequest request;
    const std::string head = "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    cr_assert(decoder.decode(head, request).status == HttpHeadStatus::complete);
    return std::string(request.path) + ' ' + std::string(request.query);
  };
  cr_expect(path_of("http://a/b/c?d") == "/b/c d");
  cr_expect(path_of("http://a") == "/ ");
  cr_expect(path_of("http://a?d") == "/ d");
  cr_expect(path_of("/a%2Fb") == "/a%2Fb ");
}

Test(http_head, reads_one_request_after_another) {
  HttpHeadDecoder decoder;
  HttpRequest request;
  std::string_view in = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string_view path : {"/1", "/2"}) {
    const HttpHeadResult result = decoder.decode(in, request);
    cr_assert(result.status == HttpHeadStatus::complete);
    cr_expect(request.path == path);
    in.remove_prefix(result.consumed);
  }
  cr_expect(in.empty());
  cr_expect(decoder.decode(in, request).status == HttpHeadStatus::need_more);
}

Test(http_head, reports_the_method_of_a_head_that_it_refuses) {
  HttpHeadDecoder decoder;
  HttpRequest request;
  const HttpHeadResult result = decoder.decode("HEAD / HTTP/1.1\r\n\r\n", request);
  cr_expect(result.status == HttpHeadStatus::refused);
  cr_expect(request.method == HttpMethod::head);
}

Test(http_response_head, reads_the_status_the_reason_and_the_headers) {
  const std::string_view text = "HTTP/1.1 403 Go Away\r\nA: 1\r\na:\t2 \r\n\r\nbody";
  HttpResponseHead head;
  for (std::size_t size = 0; size < text.size() - 4; ++size) {
    cr_expect(read_http_response_head(text.substr(0, size), head).status ==
              HttpHeadStatus::need_more);
  }
  const auto result = read_http_response_head(text, head);
  cr_expect(result.status == HttpHeadStatus::complete && result.consumed == text.size() - 4);
  cr_expect(head.status == 403 && head.reason == "Go Away");
  cr_expect(head.count("A") == 2 && head.find("a") == "1");
  for (const std::string_view bare : {"HTTP/1.0 200 \r\n\r\n", "HTTP/1.0 200\r\n\r\n"}) {
    cr_expect(read_http_response_head(bare, head).status == HttpHeadStatus::complete);
    cr_expect(head.status == 200 && head.reason.empty() && head.header_count == 0);
  }
}

Test(http_response_head, refuses_what_is_not_one) {
  HttpResponseHead head;
  for (const std::string_view text :
       {"S", "GET / ", "HTTP/2", "HTTP/1.1 20 x\r\n\r\n", "HTTP/1.1 020 x\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1\t200 x\r\n\r\n", "HTTP/1.x 200 x\r\n\r\n",
        "HTTP/1.1 200 a\nb\r\n\r\n", "HTTP/1.1 200 x\r\nA b\r\n\r\n",
        "HTTP/1.1 200 x\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 x\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 x\r\nA: b\rc\r\n\r\n", "HTTP/1.1 200 x\r\nA: b\nB: c\r\n\r\n"}) {
    const auto result = read_http_response_head(text, head);
    cr_expect(result.status == HttpHeadStatus::refused && !result.why.empty(), "%s",
              std::string(text).c_str());
  }
}

Test(http_response_head, refuses_headers_that_are_too_many_or_too_long) {
  HttpResponseHead head;
  std::string text = "HTTP/1.1 200 x\r\n";
  for (std::size_t i = 0; i < HttpResponseHead::kMaxHeaders; ++i) text += "A: b\r\n";
  cr_expect(read_http_response_head(text + "\r\n", head).status == HttpHeadStatus::complete);
  cr_expect(read_http_response_head(text + "A: b\r\n\r\n", head).status == HttpHeadStatus::refused);
  text = "HTTP/1.1 200 x\r\nA: ";
  text.resize(HttpResponseHead::kMaxHead - 1, 'a');
  cr_expect(read_http_response_head(text, head).status == HttpHeadStatus::need_more);
  cr_expect(read_http_response_head(text + "a", head).status == HttpHeadStatus::refused);
}
