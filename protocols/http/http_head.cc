#include "http_head.h"

#include <algorithm>
#include <array>
#include <optional>

#include "http_fields.h"

namespace sluice {
namespace {

constexpr HttpRefusal kFine = {};

constexpr HttpRefusal bad(std::string_view why) noexcept { return {400, why}; }

bool is_visible(char c) noexcept { return c > ' ' && c <= '~'; }

HttpRefusal read_method(std::string_view text, HttpRequest& request) noexcept {
  if (text == "GET" || text == "HEAD") {
    request.method = text == "GET" ? HttpMethod::get : HttpMethod::head;
    return kFine;
  }
  constexpr std::array<std::string_view, 7> kOthers = {"CONNECT", "DELETE", "OPTIONS", "PATCH",
                                                       "POST",    "PUT",    "TRACE"};
  const bool is_known = std::find(kOthers.begin(), kOthers.end(), text) != kOthers.end();
  return is_known ? HttpRefusal{405, "only GET and HEAD are served"}
                  : HttpRefusal{501, "the method is not one of HTTP"};
}

HttpRefusal read_version(std::string_view text, HttpRequest& request) noexcept {
  constexpr std::string_view kName = "HTTP/";
  const bool is_version = text.size() == kName.size() + 3 && text.starts_with(kName) &&
                          is_http_digits(text.substr(5, 1)) && text[6] == '.' &&
                          is_http_digits(text.substr(7));
  if (!is_version) return bad("the version is not HTTP/ and two digits with a dot");
  if (text[5] != '1') return {505, "only HTTP/1.0 and HTTP/1.1 are served"};
  request.minor = text[7] == '0' ? 0 : 1;
  return kFine;
}

HttpRefusal read_target(std::string_view target, HttpRequest& request) noexcept {
  if (!std::all_of(target.begin(), target.end(), is_visible) || target.find('#') != target.npos) {
    return bad("the target has a character that is not allowed");
  }
  if (!target.starts_with('/')) {
    constexpr std::string_view kScheme = "http://";
    if (!is_same_http_name(target.substr(0, kScheme.size()), kScheme)) {
      return bad("the target is neither a path nor begins with http://");
    }
    target.remove_prefix(kScheme.size());
    const std::size_t host = std::min(target.find_first_of("/?"), target.size());
    if (host == 0) return bad("the target has no host");
    target.remove_prefix(host);
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = mark == 0 ? "/" : target.substr(0, mark);
  request.query = mark == target.size() ? std::string_view() : target.substr(mark + 1);
  return kFine;
}

// RFC 9112, section 3: one space between the three parts.
HttpRefusal read_request_line(std::string_view line, HttpRequest& request) noexcept {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) {
    return bad("the request line is not a method, a target and a version");
  }
  const std::string_view method = line.substr(0, first);
  if (!is_http_token(method)) return bad("the method has a character that is not allowed");
  const HttpRefusal wrong_method = read_method(method, request);
  if (const auto wrong = read_version(line.substr(last + 1), request); wrong.status != 0) {
    return wrong;
  }
  if (wrong_method.status != 0) return wrong_method;
  return read_target(line.substr(first + 1, last - first - 1), request);
}

HttpRefusal check_host(const HttpRequest& request) noexcept {
  const std::size_t hosts = request.count("Host");
  if (hosts > 1) return bad("there is more than one Host");
  if (hosts == 0 && request.minor >= 1) return bad("Host is missing");
  const std::string_view host = request.find("Host").value_or(std::string_view());
  if (std::all_of(host.begin(), host.end(), is_visible)) return kFine;
  return bad("Host has a character that is not allowed");
}

// RFC 9112, section 6: where the request would end is never guessed.
HttpRefusal check_body(const HttpRequest& request) noexcept {
  const std::size_t lengths = request.count("Content-Length");
  if (const auto coding = request.find("Transfer-Encoding")) {
    if (lengths > 0) return bad("there are both a Transfer-Encoding and a Content-Length");
    if (request.minor == 0) return bad("HTTP/1.0 has no Transfer-Encoding");
    if (request.count("Transfer-Encoding") == 1 && is_same_http_name(*coding, "chunked")) {
      return bad("the request has a body");
    }
    return {501, "the Transfer-Encoding is not served"};
  }
  if (lengths > 1) return bad("there is more than one Content-Length");
  if (lengths == 0) return kFine;
  const std::string_view length = *request.find("Content-Length");
  if (!is_http_digits(length)) return bad("Content-Length is not a number");
  const bool is_zero = length.find_first_not_of('0') == length.npos;
  return is_zero ? kFine : bad("the request has a body");
}

HttpRefusal read_head(std::string_view head, HttpRequest& request) noexcept {
  request = HttpRequest();
  HttpRefusal wrong = read_request_line(take_http_line(head), request);
  if (wrong.status == 0) wrong = read_http_fields(head, request);
  if (wrong.status == 0) wrong = check_host(request);
  if (wrong.status == 0) wrong = check_body(request);
  return wrong;
}

}  // namespace

// A line, or the part of one that has arrived.
HttpRefusal HttpHeadDecoder::check_line(std::string_view line, bool is_whole) const {
  const bool is_first = lines_ == 0;
  const bool is_end = line.starts_with('\r');
  if (is_first && !line.empty() && !is_http_token_char(line.front()) && !is_end) {
    return bad("a request begins with a method");  // a TLS handshake, for example
  }
  if (is_first && line.size() > kMaxRequestLine) return {414, "the request line is too long"};
  if (!is_first && line.size() > kMaxHeaderLine) return {431, "a header line is too long"};
  if (line_ - begin_ + line.size() > kMaxHead) return {431, "the headers are too long"};
  if (!is_whole) return kFine;  // so that the status does not depend on how the bytes arrive
  const std::size_t cr = line.find('\r');
  if (cr == line.npos) return bad("a line ends in LF without CR");
  if (line.substr(cr) != kHttpLineEnd) return bad("a CR is not followed by LF");
  return line.find('\0') == line.npos ? kFine : bad("a NUL byte");
}

HttpRefusal HttpHeadDecoder::note_line(std::string_view line) {
  if (lines_ == 0 && line == kHttpLineEnd) {
    if (empty_++ == kMaxEmptyLines) return bad("empty lines stand before the request");
    return kFine;
  }
  if (lines_ > HttpRequest::kMaxHeaders && line != kHttpLineEnd) return {431, "too many headers"};
  ++lines_;
  return kFine;
}

HttpHeadResult HttpHeadDecoder::decode(std::string_view in, HttpRequest& request) {
  request.method = HttpMethod::get;
  while (true) {
    const std::size_t lf = in.find('\n', scanned_);
    const bool is_whole = lf != in.npos;
    const std::size_t end = is_whole ? lf + 1 : in.size();
    const std::string_view line = in.substr(line_, end - line_);
    HttpRefusal wrong = check_line(line, is_whole);
    if (wrong.status == 0 && is_whole) wrong = note_line(line);
    if (wrong.status != 0) return {HttpHeadStatus::refused, 0, wrong};
    // No cast can wrap: the limits of check_line() hold.
    scanned_ = static_cast<std::uint16_t>(end);
    if (!is_whole) return {};
    line_ = scanned_;
    if (lines_ == 0) begin_ = line_;
    if (lines_ == 0 || line != kHttpLineEnd) continue;
    wrong = read_head(in.substr(begin_, end - begin_), request);
    *this = HttpHeadDecoder();
    if (wrong.status != 0) return {HttpHeadStatus::refused, 0, wrong};
    return {HttpHeadStatus::complete, end, {}};
  }
}

}  // namespace sluice
