// Finds the head of an HTTP/1.1 request in a stream of bytes, and refuses what is malformed.
//
// What it is: a decoder without a loop or a socket, for a server that answers GET and HEAD. It is
// strict where a lenient reader and a strict one would see two different requests:
//   - a line ends in CR LF. A CR or an LF alone is an error (RFC 9112, section 2.2, allows both
//     rules for an LF alone);
//   - no space stands before a colon, and no line is folded;
//   - a request has no body: a Content-Length above 0 and every Transfer-Encoding are refused, and
//     so are two Content-Lengths, even equal ones.
// One empty line before a request is skipped. A method that HTTP has is refused with 405, another
// one with 501, and a version other than 1.x with 505. Both forms of a target that a GET may have
// are accepted, /path and http://host/path; of the second one, the host is not used.
// Memory: eight bytes; the head stays in the caller's buffer. Each byte is looked at twice, once to
// find the end of the head, and once when it is complete.
// Lifetime: one for each connection. Thread: the loop's.
// Errors: a refusal has the status for the answer. The connection must be closed then, because
// where the next request begins is not known.
// Source: RFC 9112, sections 2, 3, 5, 6; RFC 9110, section 15, for the statuses.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_HEAD_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_HEAD_H

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http_request.h"

namespace sluice {

enum class HttpHeadStatus : std::uint8_t { need_more, complete, refused };

struct HttpRefusal {
  int status = 0;        // 400, 405, 414, 431, 501 or 505; 0: none
  std::string_view why;  // a literal, in words
};

struct HttpHeadResult {
  HttpHeadStatus status = HttpHeadStatus::need_more;
  std::size_t consumed = 0;  // of a complete head: its length, with the empty line at its end
  HttpRefusal refusal = {};
};

class HttpHeadDecoder {
 public:
  // Bytes with the CR LF. A longer request line is refused with 414, all else with 431.
  static constexpr std::size_t kMaxRequestLine = 4096;
  static constexpr std::size_t kMaxHeaderLine = 4096;
  static constexpr std::size_t kMaxHead = std::size_t{16} * 1024;
  static constexpr std::size_t kMaxEmptyLines = 1;  // before a request

  // `in` begins where the last complete head ended, and has grown at its end since the last call.
  // `request` is filled in if the head is complete; of a refused one only the method counts, if it
  // was readable. After `complete` the next call begins with the next request. REQUIRES: not called
  // after `refused`.
  HttpHeadResult decode(std::string_view in, HttpRequest& request);

 private:
  HttpRefusal check_line(std::string_view line, bool is_whole) const;
  HttpRefusal note_line(std::string_view line);

  std::uint16_t begin_ = 0;    // of the request line
  std::uint16_t line_ = 0;     // the beginning of the line that is not complete yet
  std::uint16_t scanned_ = 0;  // no LF is before it in that line
  std::uint8_t lines_ = 0;     // complete ones of this head
  std::uint8_t empty_ = 0;     // lines before it
};

}  // namespace sluice

#endif
