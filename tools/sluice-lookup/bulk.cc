#include "bulk.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/base/text/quote.h"
#include "../common/usage_error.h"

namespace sluice::tools::lookup {
namespace {

RecordTypes types_of(const LookupOptions& options) {
  const bool is_unicode = options.unicode;
  if (!options.types.empty()) return {options.types, true, is_unicode};
  if (options.family == AF_INET) return {{DnsType::a}, false, is_unicode};
  if (options.family == AF_INET6) return {{DnsType::aaaa}, false, is_unicode};
  return {{DnsType::aaaa, DnsType::a}, false, is_unicode};
}

std::vector<std::string> words_of(const std::vector<Query>& queries) {
  std::vector<std::string> words;
  words.reserve(queries.size());
  for (const Query& query : queries) words.push_back(query.text);
  return words;
}

// The answers that need no server: RFC 6761, 6.3, and RFC 7686.
std::optional<DnsRecords> known_answer(const RecordQuestion& question) {
  if (is_localhost(question.name)) {
    if (question.type == DnsType::a) return {{{}, {{question.name, DnsType::a, 0, "127.0.0.1"}}}};
    if (question.type == DnsType::aaaa) return {{{}, {{question.name, DnsType::aaaa, 0, "::1"}}}};
    return {{ResolverError::no_address, {}}};
  }
  if (is_onion(question.name)) return {{ResolverError::not_found, {}}};
  return {};
}

}  // namespace

Bulk::Bulk(const LookupOptions& options, const ServiceNames& services)
    : options_(options),
      services_(services),
      types_(types_of(options)),
      is_ordered_(options.lists.empty()),
      loop_(options.loop),
      output_(
          loop_, STDOUT_FILENO, [this] { pump(); },
          [this](std::error_code error) {
            complain("standard output: " + error.message());
            fail(ExitStatus::failed);
            loop_.stop();
          }),
      words_(loop_, words_of(options.queries), options.lists, [this] { pump(); }),
      asking_((options.tls ? ask_over_tls : ask_in_the_clear)(
          loop_, options,
          [this](DnsPool::Asker number, const DnsReply& reply) { answered(number, reply); })) {
  for (const Query& query : options.queries) {
    if (query.kind == QueryKind::prefix) is_ordered_ = false;
  }
  // An answer for which there was no memory is never printed: waiting for it would not end.
  loop_.set_reporter([this](const Report& report) {
    complain(report.what);
    fail(ExitStatus::failed);
    loop_.stop();
  });
}

Outcome Bulk::run() {
  loop_.post([this] { pump(); });
  loop_.run();
  return outcome_;
}

// Asks as much as there is room for.
void Bulk::pump() {
  if (std::exchange(is_pumping_, true)) return;  // a word that needs no answer was printed
  try {
    // Words that share a question leave room in the pool, but they wait here.
    while (asking_->has_room() && open_.size() < options_.pool.in_flight && !output_.full() &&
           begin_next()) {
      continue;
    }
  } catch (const UsageError& error) {
    for (const std::string& message : error.messages()) complain(message);
    fail(ExitStatus::wrong_usage);
    has_ended_ = true;
  }
  is_pumping_ = false;
  finish();
}

// Returns false if there is nothing to begin now.
bool Bulk::begin_next() {
  if (has_ended_) return false;
  if (prefix_) {
    Query query;
    query.kind = QueryKind::address;
    query.address = prefix_->first.address(0);
    query.text = query.address.host();
    if (prefix_->first == prefix_->last) {
      prefix_.reset();
    } else {
      prefix_->first = prefix_->first.plus(1);
    }
    ask(std::move(query), prefix_place_, true);
    return true;
  }
  const std::optional<WordSource::Word> word = words_.next();
  if (!word) {
    has_ended_ = words_.ended();
    return false;
  }
  begin(*word);
  return true;
}

void Bulk::begin(const WordSource::Word& word) {
  Query query;
  try {
    query = parse_query(word.text, services_, options_.as);
  } catch (const UsageError& error) {
    return reject(word.where, error.what());
  }
  switch (query.kind) {
    case QueryKind::prefix:
      prefix_ = query.range;
      prefix_place_ = word.where;
      return;
    case QueryKind::service:
    case QueryKind::port: {
      const Answer answer = answer_from(services_, query);
      Printed printed;
      if (!answer.error.empty()) printed.complaint = word.where + complaint_of(query, answer);
      if (options_.json) {
        printed.output = json_of(query, answer);
      } else if (answer.error.empty()) {
        printed.output = line_of(query, answer);
      }
      return print(++last_place_, std::move(printed));
    }
    case QueryKind::address:
    case QueryKind::name:
      return ask(std::move(query), word.where, false);
  }
}

void Bulk::ask(Query query, const std::string& where, bool is_of_prefix) {
  std::string error;
  const std::vector<RecordQuestion> questions = questions_of(query, types_, error);
  Open open;
  open.place = ++last_place_;
  open.where = where;
  open.is_of_prefix = is_of_prefix;
  open.query = std::move(query);
  if (!error.empty()) {
    Answer answer;
    answer.error = error;
    answer.status = status_of(ResolverError::bad_name);
    Printed printed{"", where + complaint_of(open.query, answer)};
    if (options_.json) printed.output = json_of(open.query, answer);
    return print(open.place, std::move(printed));
  }
  std::vector<RecordQuestion> unknown;
  for (const RecordQuestion& question : questions) {
    if (std::optional<DnsRecords> known = known_answer(question)) {
      open.answer.add(question.type, std::move(*known));
    } else {
      unknown.push_back(question);
    }
  }
  if (unknown.empty()) return conclude(open);
  open.awaited = unknown.size();
  const std::uint64_t number = ++last_number_;
  open_.emplace(number, std::move(open));
  for (const RecordQuestion& question : unknown) {
    asking_->ask(question.name, question.type, number);
  }
}

void Bulk::answered(std::uint64_t number, const DnsReply& reply) {
  const auto found = open_.find(number);
  Open& open = found->second;
  DnsRecords records{reply.error, {}};
  if (!reply.error) records = read_dns_records(reply.message, reply.question);
  open.answer.add(dns_type_of(reply.question), std::move(records));
  if (--open.awaited > 0) return;
  conclude(open);
  open_.erase(found);
  pump();
}

void Bulk::conclude(const Open& open) {
  Printed printed;
  const Answer missing = open.answer.error(open.query, types_);
  // Most addresses of a prefix have no name, and that is no failure.
  const bool is_expected = open.is_of_prefix && open.answer.has_nothing();
  if (!missing.error.empty() && !is_expected) {
    printed.complaint = open.where + complaint_of(open.query, missing);
  }
  printed.output =
      options_.json ? open.answer.json(open.query, types_) : open.answer.lines(open.query, types_);
  print(open.place, std::move(printed));
}

void Bulk::reject(const std::string& where, const std::string& why) {
  print(++last_place_, {"", where + why});
}

void Bulk::print(std::uint64_t place, Printed printed) {
  if (!is_ordered_) return write(printed);
  ready_.emplace(place, std::move(printed));
  while (!ready_.empty() && ready_.begin()->first == next_printed_) {
    write(ready_.begin()->second);
    ready_.erase(ready_.begin());
    ++next_printed_;
  }
}

void Bulk::write(const Printed& printed) {
  if (!printed.complaint.empty()) {
    complain(printed.complaint);
    fail(ExitStatus::failed);
  }
  if (printed.output.empty()) return;
  if (LineInput* const terminal = words_.terminal()) {
    terminal->print(printed.output);
  } else {
    output_.write(printed.output);
  }
}

void Bulk::fail(ExitStatus status) noexcept {
  if (outcome_.status != ExitStatus::wrong_usage) outcome_.status = status;
}

// Ends the run when there is nothing left to ask or to write.
void Bulk::finish() {
  if (has_ended_ && !prefix_ && open_.empty() && output_.empty()) loop_.stop();
}

}  // namespace sluice::tools::lookup
