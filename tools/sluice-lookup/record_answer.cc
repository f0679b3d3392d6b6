#include "record_answer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/base/text/quote.h"
#include "../../reactor/names/raw_address.h"
#include "../common/names.h"

namespace sluice::tools::lookup {
namespace {

// A text that a record carries may look like a name, and is none.
bool has_names(DnsType type) {
  switch (type) {
    case DnsType::cname:
    case DnsType::mx:
    case DnsType::ns:
    case DnsType::ptr:
    case DnsType::soa:
    case DnsType::srv:
    case DnsType::https:
      return true;
    default:
      return false;
  }
}

std::string unicode_of(const DnsRecord& record) {
  return has_names(record.type) ? in_unicode(record.data) : std::string();
}

std::string json_of(const DnsRecord& record) {
  JsonObject object;
  object.add_text("name", record.name);
  object.add_text("type", to_string(record.type));
  object.add_number("ttl", std::uint64_t{record.ttl});
  object.add_text("data", record.data);
  const std::string unicode = unicode_of(record);
  if (!unicode.empty()) object.add_text("unicode", unicode);
  return object.text();
}

std::string nothing_of(const Query& query, const RecordTypes& types) {
  if (query.kind == QueryKind::address) return "not found";
  if (!types.are_shown) {
    if (types.types.size() > 1) return "no address";
    return types.types.front() == DnsType::a ? "no IPv4 address" : "no IPv6 address";
  }
  std::vector<std::string> names;
  for (const DnsType type : types.types) names.emplace_back(to_string(type));
  return "no " + join_names(names, " or ") + " record";
}

}  // namespace

std::vector<RecordQuestion> questions_of(const Query& query, const RecordTypes& types,
                                         std::string& error) {
  std::vector<RecordQuestion> questions;
  if (query.kind == QueryKind::address) {
    const auto& all = types.types;
    if (types.are_shown && std::find(all.begin(), all.end(), DnsType::ptr) == all.end()) {
      error = "has only PTR records";
    } else {
      questions.push_back({reverse_dns_name(RawAddress(query.address.unmapped())), DnsType::ptr});
    }
    return questions;
  }
  if (!is_host_name(query.name)) {
    error = make_error_code(ResolverError::bad_name).message();
    return questions;
  }
  for (const DnsType type : types.types) questions.push_back({query.name, type});
  return questions;
}

void RecordAnswer::add(DnsType type, DnsRecords found) {
  if (found.error == ResolverError::not_found) {
    does_not_exist_ = true;
  } else if (found.error && found.error != ResolverError::no_address) {
    failures_.push_back({type, found.error});
  }
  std::move(found.records.begin(), found.records.end(), std::back_inserter(records_));
}

Answer RecordAnswer::error(const Query& query, const RecordTypes& types) const {
  Answer answer;
  if (!failures_.empty()) {
    const Failure& first = failures_.front();
    answer.error = first.why.message();
    if (failures_.size() < types.types.size()) {
      answer.error = std::string(to_string(first.type)) + ": " + answer.error;
    }
    answer.status = status_of(first.why);
  } else if (records_.empty()) {
    const bool is_gone = does_not_exist_ || query.kind == QueryKind::address;
    answer.error = is_gone ? "not found" : nothing_of(query, types);
    answer.status = status_of(is_gone ? ResolverError::not_found : ResolverError::no_address);
  }
  return answer;
}

std::vector<const DnsRecord*> RecordAnswer::in_order(const RecordTypes& types) const {
  std::vector<const DnsRecord*> all;
  for (const DnsRecord& record : records_) all.push_back(&record);
  const auto place = [&types](const DnsRecord* record) {
    return std::find(types.types.begin(), types.types.end(), record->type) - types.types.begin();
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const DnsRecord* a, const DnsRecord* b) { return place(a) < place(b); });
  return all;
}

std::string RecordAnswer::lines(const Query& query, const RecordTypes& types) const {
  const std::string word = escape(query.text, kMaxQuoted);
  std::string text;
  for (const DnsRecord* const record : in_order(types)) {
    std::string data = record->data;
    if (types.is_unicode && has_names(record->type)) data += unicode_beside(data);
    if (types.are_shown) {
      text += word + ' ';
      text += to_string(record->type);
      text += ' ' + data + '\n';
    } else {
      text += (text.empty() ? word : "") + ' ' + data;
    }
  }
  if (!text.empty() && !types.are_shown) text += '\n';
  return text;
}

std::string RecordAnswer::json(const Query& query, const RecordTypes& types) const {
  JsonObject object;
  object.add_text("query", query.text);
  std::vector<std::string> all;
  std::vector<std::string> names;
  for (const DnsRecord* const record : in_order(types)) {
    names.push_back(record->data);
    all.push_back(types.are_shown ? json_of(*record) : json_string(record->data));
  }
  if (types.are_shown) {
    object.add_text("kind", "records");
    if (!all.empty()) object.add("records", json_array(all));
  } else {
    object.add_text("kind", to_string(query.kind));
    const bool is_address = query.kind == QueryKind::address;
    if (!all.empty()) object.add(is_address ? "names" : "addresses", json_array(all));
    if (is_address) add_unicode(object, names);
  }
  const Answer missing = error(query, types);
  if (!missing.error.empty()) add_error(object, missing);
  return object.line();
}

}  // namespace sluice::tools::lookup
