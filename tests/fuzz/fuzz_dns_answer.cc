// An answer of any bytes to a question: an error, or some addresses or names that are each there
// once, and never more than the bounds.
#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>

#include "fuzz.h"
#include "reactor/base/text/host_name.h"
#include "reactor/names/dns_message.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array kTypes = {DnsType::a, DnsType::aaaa, DnsType::ptr};
  fuzz::Choices choices(data, size);
  const DnsType type = kTypes[choices.any(kTypes.size())];
  const std::string question = dns_question("x.test", type);
  const std::string_view message = choices.rest();
  const DnsAnswer answer = read_dns_answer(
      {reinterpret_cast<const unsigned char*>(message.data()), message.size()}, question);
  const bool is_empty = answer.addresses.empty() && answer.names.empty();
  SLUICE_MUST(is_empty == static_cast<bool>(answer.error));
  SLUICE_MUST(answer.addresses.empty() || type != DnsType::ptr);
  SLUICE_MUST(answer.names.empty() || type == DnsType::ptr);
  SLUICE_MUST(answer.addresses.size() <= DnsAnswer::kMaxAddresses);
  SLUICE_MUST(answer.names.size() <= DnsAnswer::kMaxNames);
  for (const std::string& name : answer.names) SLUICE_MUST(is_host_name(name));
  const int family = type == DnsType::a ? AF_INET : AF_INET6;
  std::set<Address> once;
  for (const RawAddress& one : answer.addresses) {
    SLUICE_MUST(one.family() == family);
    SLUICE_MUST(once.insert(one.with_port(0)).second);
  }
  return 0;
}
