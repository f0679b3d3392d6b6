#include "dns_message.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "../base/text/host_name.h"
#include "dns_section.h"

namespace sluice {
namespace {

constexpr std::uint16_t kRecursionDesired = 0x0100;

void add_address(DnsAnswer& answer, const RawRecord& record, DnsType type) {
  const std::size_t size = type == DnsType::a ? sizeof(in_addr) : sizeof(in6_addr);
  if (record.data.size() != size) return;
  const RawAddress address(record.data);
  auto& all = answer.addresses;
  if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
}

void add_name(DnsAnswer& answer, const WireName& target) {
  std::string name = target.text();
  auto& all = answer.names;
  if (name.empty() || std::find(all.begin(), all.end(), name) != all.end()) return;
  all.push_back(std::move(name));
}

DnsAnswer failed(std::error_code error) { return {error, {}, {}}; }

void append_u16(std::string& to, unsigned value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value & 0xff);
}

}  // namespace

std::error_code error_of_rcode(unsigned rcode) noexcept {
  switch (rcode) {
    case 0:
      return {};
    case 3:
      return ResolverError::not_found;
    case 5:
      return ResolverError::refused;
    default:
      return ResolverError::server_failed;
  }
}

std::string dns_question(std::string_view name, DnsType type) {
  assert(is_host_name(name));
  std::string question;
  append_u16(question, 0);
  append_u16(question, kRecursionDesired);
  append_u16(question, 1);
  question.append(DnsLimits::kHeader - question.size(), '\0');
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    question += static_cast<char>(label.size());
    question += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  question += '\0';
  append_u16(question, static_cast<unsigned>(type));
  append_u16(question, kDnsClassIn);
  return question;
}

// The type and the class, two bytes each, are the end of a question.
DnsType dns_type_of(std::string_view question) noexcept {
  const std::string_view end = question.substr(question.size() - 4);
  const auto high = static_cast<unsigned char>(end[0]);
  const auto low = static_cast<unsigned char>(end[1]);
  return static_cast<DnsType>(high << 8 | low);
}

void set_dns_id(std::string& question, std::uint16_t id) noexcept {
  question[0] = static_cast<char>(id >> 8);
  question[1] = static_cast<char>(id & 0xff);
}

DnsAnswer read_dns_answer(std::span<const unsigned char> message, std::string_view question) {
  const DnsSection section(message, question);
  if (section.error()) return failed(section.error());
  const auto type = static_cast<DnsType>(section.type());
  DnsAnswer answer;
  const bool good = section.each_wanted([&](const RawRecord& record, DnsReader& data) {
    if (type == DnsType::ptr) {
      add_name(answer, data.name());
    } else {
      add_address(answer, record, type);
    }
    return answer.addresses.size() < DnsAnswer::kMaxAddresses &&
           answer.names.size() < DnsAnswer::kMaxNames;
  });
  if (!good) return failed(ResolverError::server_failed);
  if (answer.addresses.empty() && answer.names.empty()) answer.error = ResolverError::no_address;
  return answer;
}

std::string reverse_dns_name(const RawAddress& address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const bool is_ipv4 = address.family() == AF_INET;
  const std::span<const unsigned char> bytes = address.bytes();
  std::string name;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const unsigned byte = bytes[i];
    if (is_ipv4) {
      name += std::to_string(byte) + '.';
    } else {
      name += {kDigits[byte & 15], '.', kDigits[byte >> 4], '.'};
    }
  }
  return name + (is_ipv4 ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace sluice
