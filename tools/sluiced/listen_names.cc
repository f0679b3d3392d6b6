#include "listen_names.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace sluice::tools::daemon {
namespace {

struct Answer {
  std::error_code error;
  std::vector<Address> addresses;
};

std::vector<Answer> ask(const std::vector<ListenSpec>& specs, const ResolverOptions& options) {
  std::vector<Answer> answers(specs.size());
  Loop loop;
  Resolver resolver(loop, options);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].named) continue;
    const NamedHost& host = specs[i].named->host;
    resolver.addresses(host.name, host.port, AF_UNSPEC,
                       [&answer = answers[i]](std::error_code error, std::vector<Address> found) {
                         answer = {error, std::move(found)};
                       });
  }
  while (resolver.pending() > 0) loop.run_once();
  return answers;
}

void add_at_each(std::vector<ListenSpec>& specs, const NamedListen& named, const Answer& answer) {
  const NamedHost& host = named.host;
  if (answer.error) {
    throw std::runtime_error(std::string(to_string(host.scheme)) + "://" + host.name + ':' +
                             std::to_string(host.port) + ": " + answer.error.message());
  }
  for (const Endpoint& endpoint : host.at(answer.addresses)) {
    specs.push_back(parse_listen_spec(named.text, named.idle, &endpoint));
  }
}

}  // namespace

std::vector<ListenSpec> look_up_names(std::vector<ListenSpec> specs,
                                      const ResolverOptions& options) {
  const auto is_named = [](const ListenSpec& spec) { return spec.named.has_value(); };
  if (std::none_of(specs.begin(), specs.end(), is_named)) return specs;
  const std::vector<Answer> answers = ask(specs, options);
  std::vector<ListenSpec> found;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].named) {
      add_at_each(found, *specs[i].named, answers[i]);
    } else {
      found.push_back(std::move(specs[i]));
    }
  }
  return found;
}

}  // namespace sluice::tools::daemon
