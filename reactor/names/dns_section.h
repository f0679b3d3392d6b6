// The answer section of a DNS message: its records, and the alias chain that they are reached by.
//
// What it is: a view of a message that a stranger sent. Nothing is read beyond its end.
// Lifetime: must not outlive the message. Thread: any. Errors: std::bad_alloc.
// Source: RFC 1035, 4.1 and 3.3.1.
#ifndef SLUICE_REACTOR_NAMES_DNS_SECTION_H
#define SLUICE_REACTOR_NAMES_DNS_SECTION_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "dns_reader.h"

namespace sluice {

struct RawRecord {
  WireName owner;
  std::uint16_t type = 0;  // 0 for a class other than IN
  std::uint32_t ttl = 0;   // seconds
  std::size_t at = 0;      // the position of its data in the message
  std::span<const unsigned char> data;
};

class DnsSection {
 public:
  // A message with more records would only cost time.
  static constexpr std::size_t kMaxRecords = 1024;
  // The CNAME records that are followed from the question's name to the name with the records.
  static constexpr std::size_t kMaxAliases = 16;

  // Reads as far as the answer to `question`, which dns_question() has made.
  DnsSection(std::span<const unsigned char> message, std::string_view question);

  // Why there is no answer: a ResolverError for the code that the server gave, or server_failed if
  // the message is malformed.
  [[nodiscard]] std::error_code error() const noexcept { return error_; }
  [[nodiscard]] std::uint16_t type() const noexcept { return type_; }  // that was asked for

  // Calls use(record, reader) for each record of the type that was asked for, of a name in the
  // chain, until it returns false; the reader is at the record's data. Returns false if the message
  // is malformed, or if a reader that `use` had is no longer ok().
  template <class Use>
  bool each_wanted(Use use) const {
    bool good = true;
    return each([&](const RawRecord& record, DnsReader& data) {
             if (record.type != type_ || !is_in_chain(record.owner)) return true;
             const bool goes_on = use(record, data);
             good = data.ok();
             return good && goes_on;
           }) &&
           good;
  }

 private:
  template <class Use>
  bool each(Use use) const {
    DnsReader reader = first_;
    for (std::size_t left = count_; left > 0; --left) {
      const RawRecord record = read_record(reader);
      if (!reader.ok()) return false;
      DnsReader of_data = reader;
      of_data.go_to(record.at);
      if (!use(record, of_data)) return true;
    }
    return true;
  }
  static RawRecord read_record(DnsReader& reader) noexcept;
  [[nodiscard]] bool is_in_chain(const WireName& name) const noexcept;
  bool follow_aliases();

  std::error_code error_;
  DnsReader first_;
  std::size_t count_ = 0;
  std::uint16_t type_ = 0;
  std::vector<WireName> chain_;  // the question's name, and what it is an alias of
};

}  // namespace sluice

#endif
