// A hosts file of any bytes: read in parts it says the same as read at once, what it says of a name
// and of an address belongs together, and it can be taken apart.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "reactor/base/text/host_name.h"
#include "reactor/names/hosts_file.h"

using namespace sluice;

namespace {

// What its words say, in their order.
std::string said(const HostsFile& file, std::string_view text) {
  std::string all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\v\f\n#", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    const std::vector<RawAddress> addresses = file.addresses(word);
    SLUICE_MUST(addresses.empty() || is_host_name(word));
    SLUICE_MUST(addresses.size() <= HostsFile::kMaxAddresses);
    for (const RawAddress& address : addresses) {
      all += address.with_port(0).host() + ' ';
      const std::vector<std::string> names = file.names(address);
      SLUICE_MUST(!names.empty());
      for (const std::string& name : names) {
        SLUICE_MUST(is_host_name(name));
        const std::vector<RawAddress> back = file.addresses(name);
        SLUICE_MUST(std::find(back.begin(), back.end(), address) != back.end());
        all += name + ' ';
      }
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t part = 1 + choices.any(64);
  const std::string_view text = choices.rest();
  HostsFile whole;
  whole.read(text);
  whole.finish();
  HostsFile parts;
  for (std::size_t at = 0; at < text.size(); at += part) parts.read(text.substr(at, part));
  parts.finish();
  SLUICE_MUST(whole.size() == parts.size());
  SLUICE_MUST(said(whole, text) == said(parts, text));
  while (!parts.dismantle(part)) {
  }
  SLUICE_MUST(parts.size() == 0);
  return 0;
}
