// The answer to an HTTP request: a status and a body of known length.
//
// Thread: any. Errors: std::bad_alloc.
// Source: RFC 9110, sections 6.6.1 (Date), 8.6 (Content-Length) and 15 (statuses); RFC 9112,
// section 9.3 (Connection).
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_RESPONSE_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_RESPONSE_H

#include <string>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../small/wall_clock.h"
#include "http_request.h"

namespace sluice {

struct SLUICE_EXPORT HttpResponse {
  int status = 200;
  std::string_view type = "text/plain; charset=utf-8";  // a literal
  std::string body;
  std::string headers = {};  // more of them, each with its CR LF: "Upgrade: websocket\r\n"

  // "404 Not Found: there is nothing at this path", as text for people.
  static HttpResponse failed(int status, std::string_view why);
};

// What of a request shapes every answer to it.
struct HttpExchange {
  HttpMethod method = HttpMethod::get;
  int minor = 1;
  bool keep_alive = true;
};

// "Not Found". REQUIRES: a status of HttpRefusal, 200, 403, 404, 426 or 503.
std::string_view http_reason(int status) noexcept;

// "Sat, 21 Nov 2026 02:17:10 GMT", whatever the time zone and the locale.
std::string http_date(WallTime now);

// The bytes of the answer; without the body, but with its length, if the method is HEAD.
std::string http_message(const HttpResponse& response, const HttpExchange& exchange, WallTime now);

}  // namespace sluice

#endif
