// Requests of any bytes: read in parts they say the same as read at once, what is accepted is
// within the limits and has no character that could end a line, and the views are in the input.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "protocols/http/http_head.h"
#include "protocols/http/http_response_head.h"

using namespace sluice;

namespace {

void check(const HttpRequest& request, std::string_view head) {
  SLUICE_MUST(head.size() <= HttpHeadDecoder::kMaxHead + 2 * HttpHeadDecoder::kMaxEmptyLines);
  SLUICE_MUST(head.ends_with("\r\n\r\n"));
  SLUICE_MUST(request.path.starts_with('/'));
  SLUICE_MUST(request.header_count <= HttpRequest::kMaxHeaders);
  SLUICE_MUST(request.count("Content-Length") <= 1);
  SLUICE_MUST(!request.find("Transfer-Encoding"));
  for (const HttpHeader& header : request.headers()) {
    SLUICE_MUST(!header.name.empty());
    SLUICE_MUST(header.name.data() >= head.data());
    SLUICE_MUST(header.name.data() + header.name.size() <= head.data() + head.size());
    SLUICE_MUST(header.value.find_first_of(std::string_view("\r\n\0", 3)) == header.value.npos);
    SLUICE_MUST(request.find(header.name).has_value());
  }
  (void)request.keeps_alive();
}

// What the requests say, as text; parts of `part` bytes arrive one after another.
std::string said(std::string_view text, std::size_t part) {
  HttpHeadDecoder decoder;
  HttpRequest request;
  std::string all;
  std::size_t begin = 0;
  for (std::size_t end = std::min(part, text.size());;) {
    const std::string_view in = text.substr(begin, end - begin);
    const HttpHeadResult result = decoder.decode(in, request);
    if (result.status == HttpHeadStatus::refused) {
      SLUICE_MUST(result.refusal.status >= 400 && !result.refusal.why.empty());
      return all + std::to_string(result.refusal.status);
    }
    if (result.status == HttpHeadStatus::complete) {
      SLUICE_MUST(result.consumed > 0 && result.consumed <= in.size());
      check(request, in.substr(0, result.consumed));
      all.append(request.path).append(" ").append(request.query).append("\n");
      begin += result.consumed;
    } else if (end == text.size()) {
      return all;
    } else {
      end = std::min(end + part, text.size());
    }
  }
}

// A client's view of the same bytes.
void check_response(std::string_view text) {
  HttpResponseHead head;
  const HttpResponseHeadResult result = read_http_response_head(text, head);
  SLUICE_MUST(result.why.empty() == (result.status != HttpHeadStatus::refused));
  if (result.status == HttpHeadStatus::need_more) {
    SLUICE_MUST(text.size() < HttpResponseHead::kMaxHead);
  }
  if (result.status != HttpHeadStatus::complete) return;
  SLUICE_MUST(result.consumed <= text.size() && result.consumed <= HttpResponseHead::kMaxHead);
  SLUICE_MUST(text.substr(0, result.consumed).ends_with("\r\n\r\n"));
  SLUICE_MUST(head.status >= 100 && head.status <= 999);
  SLUICE_MUST(head.header_count <= HttpHeaders::kMaxHeaders);
  const std::string_view control("\r\n\0", 3);
  SLUICE_MUST(head.reason.find_first_of(control) == head.reason.npos);
  for (const HttpHeader& header : head.headers()) {
    SLUICE_MUST(!header.name.empty() && head.find(header.name).has_value());
    SLUICE_MUST(header.value.find_first_of(control) == header.value.npos);
  }
  SLUICE_MUST(read_http_response_head(text.substr(0, result.consumed - 1), head).status ==
              HttpHeadStatus::need_more);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t part = 1 + choices.any(64);
  const std::string_view text = choices.rest();
  SLUICE_MUST(said(text, part) == said(text, text.size() + 1));
  check_response(text);
  return 0;
}
