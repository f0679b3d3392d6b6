// The bytes of an answer.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "protocols/http/http_response.h"

using sluice::http_date;
using sluice::http_message;
using sluice::http_reason;
using sluice::HttpExchange;
using sluice::HttpMethod;
using sluice::HttpResponse;
using sluice::WallTime;

namespace {

WallTime at(std::int64_t unix_seconds) { return WallTime(std::chrono::seconds(unix_seconds)); }

}  // namespace

// RFC 9110, section 5.6.7.
Test(http_response, writes_the_date_of_the_rfc) {
  cr_expect(http_date(at(784'111'777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  cr_expect(http_date(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

Test(http_response, has_a_date_a_type_a_length_and_a_body) {
  HttpResponse response;
  response.body = "hello\n";
  cr_expect(http_message(response, {}, at(784'111'777)) ==
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 6\r\n"
            "\r\n"
            "hello\n");
}

Test(http_response, to_head_has_the_length_without_the_body) {
  HttpResponse response;
  response.body = "hello\n";
  const std::string text = http_message(response, {.method = HttpMethod::head}, at(0));
  cr_expect(text.ends_with("Content-Length: 6\r\n\r\n"));
}

Test(http_response, says_whether_the_connection_stays_open) {
  const auto has = [](const HttpExchange& exchange, const char* line) {
    return http_message({}, exchange, at(0)).find(line) != std::string::npos;
  };
  cr_expect(!has({}, "Connection:"));
  cr_expect(has({.keep_alive = false}, "\r\nConnection: close\r\n"));
  cr_expect(has({.minor = 0}, "\r\nConnection: keep-alive\r\n"));
  cr_expect(has({.minor = 0, .keep_alive = false}, "\r\nConnection: close\r\n"));
}

Test(http_response, of_a_failure_says_why) {
  const HttpResponse response = HttpResponse::failed(405, "only GET and HEAD are served");
  cr_expect(response.body == "405 Method Not Allowed: only GET and HEAD are served\n");
  // RFC 9110, section 15.5.6.
  cr_expect(http_message(response, {}, at(0)).find("\r\nAllow: GET, HEAD\r\n") !=
            std::string::npos);
}

Test(http_response, has_a_reason_for_each_status) {
  for (const int status : {200, 400, 404, 405, 414, 431, 501, 505}) {
    cr_expect(!http_reason(status).empty(), "%d", status);
  }
}
