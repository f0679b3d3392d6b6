#include "http_response.h"

#include <array>
#include <cassert>
#include <cstdio>

#include "../small/civil_time.h"

namespace sluice {

std::string_view http_reason(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 414:
      return "URI Too Long";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      break;
  }
  assert(false && "a status without a reason");
  return "";
}

std::string http_date(WallTime now) {
  const CivilTime time = CivilTime::of(now);
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", time.weekday, time.day,
      time.month, time.year, time.hour, time.minute, time.second);
  assert(length > 0 && static_cast<std::size_t>(length) < text.size());
  return {text.data(), static_cast<std::size_t>(length)};
}

HttpResponse HttpResponse::failed(int status, std::string_view why) {
  HttpResponse response;
  response.status = status;
  response.body = std::to_string(status) + ' ';
  response.body.append(http_reason(status)).append(": ").append(why).append("\n");
  return response;
}

std::string http_message(const HttpResponse& response, const HttpExchange& exchange, WallTime now) {
  constexpr std::size_t kHeadRoom = 256;  // more than any head has without `headers`
  std::string text;
  text.reserve(kHeadRoom + response.headers.size() + response.body.size());
  text = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  text.append(http_reason(response.status));
  text += "\r\nDate: " + http_date(now);
  text.append("\r\nContent-Type: ").append(response.type);
  text += "\r\nContent-Length: " + std::to_string(response.body.size());
  if (response.status == 405) text += "\r\nAllow: GET, HEAD";
  if (!exchange.keep_alive) {
    text += "\r\nConnection: close";
  } else if (exchange.minor == 0) {
    text += "\r\nConnection: keep-alive";
  }
  text.append("\r\n").append(response.headers).append("\r\n");
  if (exchange.method != HttpMethod::head) text += response.body;
  return text;
}

}  // namespace sluice
