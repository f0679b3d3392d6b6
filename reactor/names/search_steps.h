// The steps in which a resolver looks for the addresses of a name.
//
// What it is: a pure function. A name that ends in a dot is looked up as written, and nothing else.
// A name with fewer than `ndots` dots is tried in each search domain first and as written last; any
// other name is tried as written first.
// Thread: any. Errors: std::bad_alloc. Source: resolv.conf(5), nsswitch.conf(5); RFC 7686.
#ifndef SLUICE_REACTOR_NAMES_SEARCH_STEPS_H
#define SLUICE_REACTOR_NAMES_SEARCH_STEPS_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct SearchRules {
  std::string sources = "fb";  // 'f' is the hosts file, 'b' the servers
  std::vector<std::string> domains{};
  std::size_t ndots = 1;
};

struct SearchStep {
  bool is_file = false;
  std::string name;  // the name to look up in this step
};

// Names in ".onion" get no step that asks a server. REQUIRES: is_host_name(host).
std::vector<SearchStep> search_steps(std::string_view host, const SearchRules& rules);

}  // namespace sluice

#endif
