// This host's own name and addresses.
//
// What it is: the name and addresses that the system knows, from gethostname() and the interfaces.
// The resolver finds the full name, as other hosts would: it looks up the first address of the
// name, and of that address's names the one that begins with the host's name and a dot.
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

// Runs `done` with the full name, or with "" if it is not known. REQUIRES: `resolver`
// outlives the look-up.
void find_full_name(Resolver& resolver, const std::string& name,
                    const std::function<void(std::string)>& done);

// The first of `names` that is `name`, a dot and more, in any case; empty when none is.
std::string full_name_of(std::string_view name, const std::vector<std::string>& names);

}  // namespace sluice::tools::lookup

#endif
