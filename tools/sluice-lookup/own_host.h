// This host's own name and addresses.
//
// What it is: what the system says at once, gethostname() and its interfaces. The full name is
// asked of the resolver, as others would find it: the name's first address, and of that one's names
// the one that goes on after the host's name and a dot.
// Thread: the loop's. Errors: std::system_error (gethostname(), getifaddrs()), std::bad_alloc.
// Source: POSIX.1-2017 gethostname(); getifaddrs(3).
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_OWN_HOST_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_OWN_HOST_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/names/resolver.h"

namespace sluice::tools::lookup {

struct OwnHost {
  struct Interface {
    std::string name;
    std::vector<std::string> addresses;
  };
  std::string name;
  std::string full_name;  // empty when it is not known
  std::vector<Interface> interfaces;
};

// All but the full name. `family`: AF_UNSPEC for all addresses. An interface without one is left
// out.
OwnHost own_host(int family);

// Runs `done` with the full name, or with nothing when nobody knows it. REQUIRES: `resolver`
// outlives the look-up.
void find_full_name(Resolver& resolver, const std::string& name,
                    const std::function<void(std::string)>& done);

// The first of `names` that is `name`, a dot and more, in any case; empty when none is.
std::string full_name_of(std::string_view name, const std::vector<std::string>& names);

}  // namespace sluice::tools::lookup

#endif
