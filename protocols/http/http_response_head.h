// The head of an HTTP/1.1 response, read by a client. Not installed.
//
// What it is: a pure function of bytes, for a client that has asked to upgrade: it does not look
// for a body. It is as strict about lines and headers as HttpHeadDecoder.
// Memory: none; the views point into the caller's buffer. Each call looks at all of `in`, which a
// head's limit bounds.
// Thread: any. Errors: a reason, in words.
// Source: RFC 9112, sections 4 and 5.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_RESPONSE_HEAD_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_RESPONSE_HEAD_H

#include <cstddef>
#include <string_view>

#include "http_head.h"
#include "http_request.h"

namespace sluice {

struct HttpResponseHead : HttpHeaders {
  static constexpr std::size_t kMaxHead = HttpHeadDecoder::kMaxHead;  // bytes

  int status = 0;           // 100 to 999
  std::string_view reason;  // "Not Found"; may be empty
};

struct HttpResponseHeadResult {
  HttpHeadStatus status = HttpHeadStatus::need_more;
  std::size_t consumed = 0;  // of a complete head: its length, with the empty line at its end
  std::string_view why;      // of a refused one: a literal, "the status line is ..."
};

// `in` begins with the status line. A head is refused as soon as its first bytes show that it is
// not HTTP/1.
[[nodiscard]] HttpResponseHeadResult read_http_response_head(std::string_view in,
                                                             HttpResponseHead& head) noexcept;

}  // namespace sluice

#endif
