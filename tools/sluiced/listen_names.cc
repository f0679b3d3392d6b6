#include "listen_names.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "../common/usage_error.h"
#include "config/listen_reader.h"

namespace sluice::tools::daemon {
namespace {

struct Answer {
  std::error_code error;
  std::vector<Address> addresses;
};

bool is_named(const ListenSpec& spec) { return !spec.target.endpoint.has_value(); }

std::vector<Answer> ask(const std::vector<ListenSpec>& specs, const ResolverOptions& options) {
  std::vector<Answer> answers(specs.size());
  Loop loop;
  Resolver resolver(loop, options);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!is_named(specs[i])) continue;
    const NamedHost& host = specs[i].target.host;
    resolver.addresses(host.name, host.port, AF_UNSPEC,
                       [&answer = answers[i]](std::error_code error, std::vector<Address> found) {
                         answer = {error, std::move(found)};
                       });
  }
  while (resolver.pending() > 0) loop.run_once();
  return answers;
}

void add_at_each(std::vector<ListenSpec>& specs, const ListenSpec& named, const Answer& answer) {
  const Target& target = named.target;
  if (answer.error) throw std::runtime_error(target.text + ": " + answer.error.message());
  for (const Endpoint& endpoint : target.host.at(answer.addresses)) {
    ListenSpec spec = named;
    spec.target.endpoint = endpoint;
    SettingErrors errors;
    validate_spec(spec, errors);
    if (!errors.empty()) throw UsageError(target.text + ": " + errors.front().message);
    specs.push_back(std::move(spec));
  }
}

}  // namespace

std::vector<ListenSpec> look_up_names(std::vector<ListenSpec> specs,
                                      const ResolverOptions& options) {
  if (std::none_of(specs.begin(), specs.end(), is_named)) return specs;
  const std::vector<Answer> answers = ask(specs, options);
  std::vector<ListenSpec> found;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (is_named(specs[i])) {
      add_at_each(found, specs[i], answers[i]);
    } else {
      found.push_back(std::move(specs[i]));
    }
  }
  return found;
}

}  // namespace sluice::tools::daemon
