#include "search_steps.h"

#include <algorithm>

#include "../base/text/host_name.h"

namespace sluice {
namespace {

void add_names(std::vector<SearchStep>& steps, std::string_view host, const SearchRules& rules) {
  if (is_onion(host)) return;
  const std::string as_written(host);
  const auto dots = static_cast<std::size_t>(std::count(host.begin(), host.end(), '.'));
  const bool is_first = host.ends_with('.') || dots >= rules.ndots;
  if (is_first) steps.push_back({false, as_written});
  if (host.ends_with('.')) return;
  for (const std::string& domain : rules.domains) {
    // resolv.conf writes the root domain as ".".
    std::string name = as_written + '.';
    if (domain != ".") name += domain;
    if (is_host_name(name)) steps.push_back({false, std::move(name)});
  }
  if (!is_first) steps.push_back({false, as_written});
}

}  // namespace

std::vector<SearchStep> search_steps(std::string_view host, const SearchRules& rules) {
  std::vector<SearchStep> steps;
  for (const char source : rules.sources) {
    if (source == 'f') steps.push_back({true, std::string(host)});
    if (source == 'b') add_names(steps, host, rules);
  }
  return steps;
}

}  // namespace sluice
