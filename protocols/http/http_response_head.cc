#include "http_response_head.h"

#include <algorithm>

#include "http_fields.h"

namespace sluice {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

constexpr HttpResponseHeadResult refused(std::string_view why) noexcept {
  return {HttpHeadStatus::refused, 0, why};
}

// "HTTP/1.1 101 Switching Protocols", in which the reason and the space before it may be missing.
bool read_status_line(std::string_view line, HttpResponseHead& head) noexcept {
  constexpr std::size_t kStatus = kVersion.size() + 2;
  constexpr std::size_t kReason = kStatus + 3;
  if (line.size() < kReason || !is_http_digits(line.substr(kVersion.size(), 1)) ||
      line[kStatus - 1] != ' ' || !is_http_digits(line.substr(kStatus, 3)) ||
      line[kStatus] == '0' || !is_http_value(line)) {
    return false;
  }
  head.status = 0;
  for (const char digit : line.substr(kStatus, 3)) head.status = head.status * 10 + (digit - '0');
  if (line.size() == kReason) return true;
  head.reason = line.substr(kReason + 1);
  return line[kReason] == ' ';
}

}  // namespace

HttpResponseHeadResult read_http_response_head(std::string_view in,
                                               HttpResponseHead& head) noexcept {
  if (in.substr(0, kVersion.size()) != kVersion.substr(0, in.size())) {
    return refused("the peer does not speak HTTP/1.1");
  }
  const std::size_t end = in.substr(0, HttpResponseHead::kMaxHead).find(kHeadEnd);
  if (end == in.npos) {
    if (in.size() < HttpResponseHead::kMaxHead) return {};
    return refused("the headers of the answer are too long");
  }
  head = HttpResponseHead();
  std::string_view rest = in.substr(0, end + kHeadEnd.size());
  if (!read_status_line(take_http_line(rest), head)) {
    return refused("the first line of the answer is not a version and a status");
  }
  if (const HttpRefusal wrong = read_http_fields(rest, head); wrong.status != 0) {
    return refused(wrong.why);
  }
  return {HttpHeadStatus::complete, end + kHeadEnd.size(), {}};
}

}  // namespace sluice
