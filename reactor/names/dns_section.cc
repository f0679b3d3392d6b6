#include "dns_section.h"

#include <algorithm>

#include "dns_message.h"

namespace sluice {
namespace {

constexpr auto kTypeAlias = static_cast<std::uint16_t>(DnsType::cname);
constexpr std::uint16_t kIsAnswer = 0x8000;
constexpr unsigned kRcode = 0xf;

struct Alias {
  WireName from;
  WireName to;
};

}  // namespace

DnsSection::DnsSection(std::span<const unsigned char> message, std::string_view question)
    : first_(message) {
  DnsReader asked({reinterpret_cast<const unsigned char*>(question.data()), question.size()});
  (void)asked.bytes(DnsLimits::kHeader);
  chain_.push_back(asked.name());
  type_ = asked.u16();

  error_ = ResolverError::server_failed;
  (void)first_.u16();
  const unsigned flags = first_.u16();
  std::size_t questions = first_.u16();
  count_ = std::min<std::size_t>(first_.u16(), kMaxRecords);
  (void)first_.bytes(4);
  if (!first_.ok() || (flags & kIsAnswer) == 0) return;
  if (const std::error_code error = error_of_rcode(flags & kRcode)) {
    error_ = error;
    return;
  }
  for (; questions > 0 && first_.ok(); --questions) {
    (void)first_.name();
    (void)first_.bytes(4);
  }
  if (first_.ok() && follow_aliases()) error_ = {};
}

RawRecord DnsSection::read_record(DnsReader& reader) noexcept {
  RawRecord record;
  record.owner = reader.name();
  const std::uint16_t type = reader.u16();
  const bool is_in = reader.u16() == kDnsClassIn;
  record.ttl = std::uint32_t{reader.u16()} << 16;
  record.ttl |= reader.u16();
  const std::size_t size = reader.u16();
  record.at = reader.at();
  record.data = reader.bytes(size);
  if (is_in) record.type = type;
  return record;
}

bool DnsSection::is_in_chain(const WireName& name) const noexcept {
  return std::find(chain_.begin(), chain_.end(), name) != chain_.end();
}

// Appends the names that the last name of the chain is an alias of, in order. Returns false if the
// message is malformed.
bool DnsSection::follow_aliases() {
  std::vector<Alias> aliases;
  bool good = true;
  good = each([&](const RawRecord& record, DnsReader& data) {
           if (record.type != kTypeAlias) return true;
           aliases.push_back({record.owner, data.name()});
           good = data.ok();
           return good && aliases.size() < kMaxAliases;
         }) &&
         good;
  // A question for the alias itself is about the name that was asked for alone.
  if (type_ == kTypeAlias) return good;
  // Each alias is followed once, so that the loop ends even if the aliases form a circle.
  for (bool found = good; found;) {
    found = false;
    for (auto alias = aliases.begin(); alias != aliases.end(); ++alias) {
      if (!(alias->from == chain_.back())) continue;
      chain_.push_back(alias->to);
      aliases.erase(alias);
      found = true;
      break;
    }
  }
  return good;
}

}  // namespace sluice
