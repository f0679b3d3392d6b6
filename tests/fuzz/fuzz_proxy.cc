// Headers of the PROXY protocol of any bytes: parsed in parts, as a transport reads them, they say
// the same as at once, nothing that follows is wanted, and what is accepted is within the bounds.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "protocols/proxy/proxy_header.h"

using namespace sluice;

namespace {

using Status = ProxyParse::Status;

ProxyParse parse(std::string_view text) {
  return parse_proxy_header(std::as_bytes(std::span(text)));
}

void check(const ProxyParse& whole, std::string_view text) {
  const ProxyHeader& header = whole.header;
  SLUICE_MUST(header.size <= text.size() && header.size <= kMaxProxyHeader);
  SLUICE_MUST(header.source.has_value() == header.destination.has_value());
  if (!header.source) return;
  SLUICE_MUST(header.source->is_ip() && header.destination->is_ip());
  SLUICE_MUST(header.source->scope_id() == 0);
  if (header.source->family() != header.destination->family()) return;  // one is v4-mapped
  for (const ProxyVersion version : {ProxyVersion::v1, ProxyVersion::v2}) {
    const std::string again = make_proxy_header(version, *header.source, *header.destination);
    const ProxyParse second = parse(again);
    SLUICE_MUST(second.status == Status::done && second.header.size == again.size());
    SLUICE_MUST(second.header.source == header.source);
    SLUICE_MUST(second.header.destination == header.destination);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ProxyParse whole = parse(text);
  if (whole.status == Status::done) check(whole, text);
  if (whole.status == Status::more) SLUICE_MUST(text.size() < kMaxProxyHeader);
  if (whole.status == Status::reject) SLUICE_MUST(!whole.why.empty());
  for (std::size_t have = 0;;) {
    const ProxyParse part = parse(text.substr(0, have));
    if (part.status == Status::more) {
      SLUICE_MUST(part.wanted > 0);
      have += part.wanted;
      SLUICE_MUST(have <= kMaxProxyHeader);
      if (whole.status == Status::done) SLUICE_MUST(have <= whole.header.size);
      if (have > text.size()) break;
      continue;
    }
    // A header that is rejected early may still be incomplete as a whole, never accepted.
    SLUICE_MUST(part.status == whole.status);
    SLUICE_MUST(part.header.size == whole.header.size && part.header.source == whole.header.source);
    break;
  }
  return 0;
}
