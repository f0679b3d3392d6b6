#include "lookup.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::tools::lookup {
namespace {

// For the full name of this host alone: nobody waits long for what is not asked for by name.
constexpr std::chrono::milliseconds kOwnNameDeadline{2000};

ResolverOptions resolver_options(const LookupOptions& options) {
  ResolverOptions resolver = options.resolver;
  if (options.queries.empty() &&
      (resolver.deadline.count() == 0 || resolver.deadline > kOwnNameDeadline)) {
    resolver.deadline = kOwnNameDeadline;
  }
  return resolver;
}

std::string reason_of(std::error_code error, int family) {
  if (error != ResolverError::no_address || family == AF_UNSPEC) return error.message();
  return family == AF_INET ? "no IPv4 address" : "no IPv6 address";
}

}  // namespace

Lookup::Lookup(const LookupOptions& options, const ServiceNames& services)
    : options_(options),
      services_(services),
      loop_(options.loop),
      output_(
          loop_, STDOUT_FILENO, [this] { finish(); },
          [this](std::error_code error) {
            complain("standard output: " + error.message());
            outcome_.status = ExitStatus::failed;
            loop_.stop();
          }),
      resolver_(loop_, resolver_options(options)),
      answers_(options.queries.size()),
      missing_(std::max<std::size_t>(answers_.size(), 1)) {
  // An answer for which there was no memory is never printed: waiting for it would not end.
  loop_.set_reporter([this](const Report& report) {
    complain(report.what);
    outcome_.status = ExitStatus::failed;
    loop_.stop();
  });
}

Outcome Lookup::run() {
  if (answers_.empty()) ask_own_host();
  for (std::size_t i = 0; i < answers_.size(); ++i) ask(i);
  finish();
  loop_.run();
  return outcome_;
}

void Lookup::ask(std::size_t index) {
  const Query& query = options_.queries[index];
  switch (query.kind) {
    case QueryKind::service:
    case QueryKind::port:
      return answered(index, answer_from(services_, query));
    case QueryKind::address:
      resolver_.names(query.address,
                      [this, index](std::error_code error, std::vector<std::string> names) {
                        Answer answer;
                        if (error) answer.error = error.message();
                        if (error) answer.status = status_of(error);
                        answer.hosts = std::move(names);
                        answered(index, std::move(answer));
                      });
      return;
    case QueryKind::prefix:  // Bulk asks for these
      return;
    case QueryKind::name:
      resolver_.addresses(query.name, 0, options_.family,
                          [this, index](std::error_code error, const std::vector<Address>& all) {
                            Answer answer;
                            if (error) answer.error = reason_of(error, options_.family);
                            if (error) answer.status = status_of(error);
                            for (const Address& one : all) answer.hosts.push_back(one.host());
                            answered(index, std::move(answer));
                          });
  }
}

void Lookup::ask_own_host() {
  OwnHost host = own_host(options_.family);
  const std::string name = host.name;
  if (name.find('.') != name.npos) return own_host_found(host);
  find_full_name(resolver_, name, [this, host](std::string full_name) {
    OwnHost with_name = host;
    with_name.full_name = std::move(full_name);
    own_host_found(with_name);
  });
}

void Lookup::own_host_found(const OwnHost& host) {
  --missing_;
  output_.write(options_.json ? json_of(host) : text_of(host));
}

void Lookup::answered(std::size_t index, Answer answer) {
  --missing_;
  answers_[index] = std::move(answer);
  if (options_.json) {
    print(index);
  } else {
    for (; printed_ < answers_.size() && answers_[printed_]; ++printed_) print(printed_);
  }
  finish();
}

void Lookup::print(std::size_t index) {
  const Query& query = options_.queries[index];
  const Answer answer = std::move(*answers_[index]);
  const bool failed = !answer.error.empty();
  if (failed) {
    outcome_.status = ExitStatus::failed;
    complain(complaint_of(query, answer));
  }
  if (options_.json) {
    output_.write(json_of(query, answer));
  } else if (!failed) {
    output_.write(line_of(query, answer, options_.unicode));
  }
}

// Ends the run when there is nothing left to ask or to write.
void Lookup::finish() {
  if (missing_ == 0 && output_.empty()) loop_.stop();
}

}  // namespace sluice::tools::lookup
