#include "dns_message.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "../base/host_name.h"
#include "dns_reader.h"

namespace sluice {
namespace {

constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kTypeCname = 5;
constexpr std::uint16_t kIsAnswer = 0x8000;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr unsigned kRcode = 0xf;
// A message with more records would only cost time.
constexpr std::size_t kMaxRecords = 1024;

struct Record {
  WireName owner;
  std::uint16_t type = 0;
  std::size_t at = 0;  // the position of its data in the message
  std::span<const unsigned char> data;
};

Record read_record(DnsReader& reader) noexcept {
  Record record;
  record.owner = reader.name();
  const std::uint16_t type = reader.u16();
  const bool is_in = reader.u16() == kClassIn;
  (void)reader.bytes(4);  // skip the time to live
  const std::size_t size = reader.u16();
  record.at = reader.at();
  record.data = reader.bytes(size);
  if (is_in) record.type = type;
  return record;
}

// The records of the answer section. each() may be called more than once.
class Answers {
 public:
  Answers(const DnsReader& first, std::size_t count) noexcept : first_(first), count_(count) {}

  // Calls `use` for each record until it returns false. Returns false if the message is malformed.
  template <class Use>
  bool each(Use use) const {
    DnsReader reader = first_;
    for (std::size_t left = count_; left > 0; --left) {
      const Record record = read_record(reader);
      if (!reader.ok()) return false;
      DnsReader of_data = reader;
      of_data.go_to(record.at);
      if (!use(record, of_data)) return true;
    }
    return true;
  }

 private:
  DnsReader first_;
  std::size_t count_;
};

struct Alias {
  WireName from;
  WireName to;
};

// Appends the names that the last name of `chain` is an alias of, in order. Returns false if the
// message is malformed.
bool follow_aliases(const Answers& answers, std::vector<WireName>& chain) {
  std::vector<Alias> aliases;
  bool good = true;
  good = answers.each([&](const Record& record, DnsReader& data) {
    if (record.type != kTypeCname) return true;
    aliases.push_back({record.owner, data.name()});
    good = data.ok();
    return good && aliases.size() < DnsAnswer::kMaxAliases;
  }) && good;
  // Each alias is followed once, so that the loop ends even if the aliases form a circle.
  for (bool found = good; found;) {
    found = false;
    for (auto alias = aliases.begin(); alias != aliases.end(); ++alias) {
      if (!(alias->from == chain.back())) continue;
      chain.push_back(alias->to);
      aliases.erase(alias);
      found = true;
      break;
    }
  }
  return good;
}

void add_address(DnsAnswer& answer, const Record& record, DnsType type) {
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

// Returns false if the message is malformed.
bool collect(const Answers& answers, const std::vector<WireName>& chain, DnsType type,
             DnsAnswer& answer) {
  bool good = true;
  return answers.each([&](const Record& record, DnsReader& data) {
    if (record.type != static_cast<std::uint16_t>(type)) return true;
    if (std::find(chain.begin(), chain.end(), record.owner) == chain.end()) return true;
    if (type == DnsType::ptr) {
      add_name(answer, data.name());
      good = data.ok();
    } else {
      add_address(answer, record, type);
    }
    return good && answer.addresses.size() < DnsAnswer::kMaxAddresses &&
           answer.names.size() < DnsAnswer::kMaxNames;
  }) && good;
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
  append_u16(question, kClassIn);
  return question;
}

void set_dns_id(std::string& question, std::uint16_t id) noexcept {
  question[0] = static_cast<char>(id >> 8);
  question[1] = static_cast<char>(id & 0xff);
}

DnsAnswer read_dns_answer(std::span<const unsigned char> message, std::string_view question) {
  DnsReader asked({reinterpret_cast<const unsigned char*>(question.data()), question.size()});
  (void)asked.bytes(DnsLimits::kHeader);
  std::vector<WireName> chain{asked.name()};
  const auto type = static_cast<DnsType>(asked.u16());

  DnsReader reader(message);
  (void)reader.u16();
  const unsigned flags = reader.u16();
  std::size_t questions = reader.u16();
  const std::size_t count = std::min<std::size_t>(reader.u16(), kMaxRecords);
  (void)reader.bytes(4);
  if (!reader.ok() || (flags & kIsAnswer) == 0) return failed(ResolverError::server_failed);
  if (const std::error_code error = error_of_rcode(flags & kRcode)) return failed(error);
  for (; questions > 0 && reader.ok(); --questions) {
    (void)reader.name();
    (void)reader.bytes(4);
  }
  if (!reader.ok()) return failed(ResolverError::server_failed);

  const Answers answers(reader, count);
  DnsAnswer answer;
  if (!follow_aliases(answers, chain) || !collect(answers, chain, type, answer)) {
    return failed(ResolverError::server_failed);
  }
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
