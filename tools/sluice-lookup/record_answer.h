// What the DNS servers have answered about one word, and its text.
//
// What it is: a value that collects the answers to the questions of a word. It keeps the errors
// apart: a name that does not exist, a name without such a record, and a server that refused,
// failed or was silent. An error of one question is reported even if another one found something.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_RECORD_ANSWER_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_RECORD_ANSWER_H

#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "../../reactor/names/dns_records.h"
#include "answer.h"
#include "query.h"

namespace sluice::tools::lookup {

// The question for one type: the name, and the type.
struct RecordQuestion {
  std::string name;
  DnsType type;
};

// How a run asks about each word.
struct RecordTypes {
  std::vector<DnsType> types;  // in the order in which they are printed
  bool are_shown = false;      // --type: a line for each record, and its type
  bool is_unicode = false;     // --unicode: in lines
};

// The questions for a word. Empty, with `error` set, if there is none.
// REQUIRES: a name or an address.
std::vector<RecordQuestion> questions_of(const Query& query, const RecordTypes& types,
                                         std::string& error);

class RecordAnswer {
 public:
  void add(DnsType type, DnsRecords found);
  // The name does not exist, or has no such record, and no server failed.
  [[nodiscard]] bool has_nothing() const noexcept { return records_.empty() && failures_.empty(); }
  // Why something or everything is missing. No text if nothing is.
  [[nodiscard]] Answer error(const Query& query, const RecordTypes& types) const;

  // Lines for people; empty without a record.
  [[nodiscard]] std::string lines(const Query& query, const RecordTypes& types) const;
  // One object, with "error" and "status" if something is missing.
  [[nodiscard]] std::string json(const Query& query, const RecordTypes& types) const;

 private:
  struct Failure {
    DnsType type;
    std::error_code why;
  };
  [[nodiscard]] std::vector<const DnsRecord*> in_order(const RecordTypes& types) const;

  std::vector<DnsRecord> records_;
  std::vector<Failure> failures_;  // of servers
  bool does_not_exist_ = false;
};

}  // namespace sluice::tools::lookup

#endif
