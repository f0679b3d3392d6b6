// Looks up many words with DNS servers alone, and prints what is found: lists, prefixes, and
// records of other types than addresses.
//
// What it is: the words of a WordSource, asked as far as Asking has room and the reader
// of the standard output keeps up. So a list of any length uses bounded memory. Words of the
// command line are printed in their order; of a list or a prefix, each answer as it arrives.
// Lifetime: lives for one run(). Thread: the loop's.
// Errors: the constructor throws UsageError for a list that cannot be opened, and the exceptions of
// Loop and DnsPool.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_BULK_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_BULK_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/dns_pool.h"
#include "../../reactor/names/service_names.h"
#include "../common/output.h"
#include "../common/program.h"
#include "asking.h"
#include "options.h"
#include "record_answer.h"
#include "word_source.h"

namespace sluice::tools::lookup {

class Bulk {
 public:
  // REQUIRES: both outlive it.
  Bulk(const LookupOptions& options, const ServiceNames& services);

  // Succeeds if everything was found and written. The standard error names what was not.
  Outcome run();

 private:
  struct Open {
    Query query;
    std::string where;  // the place in a list, for messages
    std::uint64_t place = 0;
    bool is_of_prefix = false;
    std::size_t awaited = 0;
    RecordAnswer answer;
  };
  struct Printed {
    std::string output;
    std::string complaint;
  };

  void pump();
  bool begin_next();
  void begin(const WordSource::Word& word);
  void ask(Query query, const std::string& where, bool is_of_prefix);
  void answered(std::uint64_t number, const DnsReply& reply);
  void conclude(const Open& open);
  void reject(const std::string& where, const std::string& why);
  void print(std::uint64_t place, Printed printed);
  void write(const Printed& printed);
  void fail(ExitStatus status) noexcept;
  void finish();

  const LookupOptions& options_;
  const ServiceNames& services_;
  RecordTypes types_;
  bool is_ordered_;
  Outcome outcome_;  // before the loop, which may report when it is destroyed
  Loop loop_;
  Output output_;
  WordSource words_;
  bool has_ended_ = false;  // the words have, or a list could not be read
  bool is_pumping_ = false;
  std::optional<IpRange> prefix_;  // what is left of it
  std::string prefix_place_;       // in a list
  std::uint64_t last_number_ = 0;
  std::uint64_t last_place_ = 0;
  std::uint64_t next_printed_ = 1;
  std::map<std::uint64_t, Printed> ready_;  // answered before a word that comes first
  std::unordered_map<std::uint64_t, Open> open_;
  std::unique_ptr<Asking> asking_;
};

}  // namespace sluice::tools::lookup

#endif
