#include "own_host.h"

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "../../protocols/udp/interfaces.h"

namespace sluice::tools::lookup {
namespace {

constexpr std::size_t kMaxHostName = 256;

std::string system_name() {
  std::array<char, kMaxHostName + 1> name{};
  // One that does not fit may be cut without an end.
  if (::gethostname(name.data(), name.size() - 1) != 0) {
    throw std::system_error(errno, std::generic_category(), "gethostname");
  }
  return name.data();
}

}  // namespace

OwnHost own_host(int family) {
  OwnHost host;
  host.name = system_name();
  const auto all = interface_addresses();
  if (!all) throw std::system_error(errno, std::generic_category(), "getifaddrs");
  for (const InterfaceAddress& one : *all) {
    if (family != AF_UNSPEC && one.address.family() != family) continue;
    auto found = std::find_if(
        host.interfaces.begin(), host.interfaces.end(),
        [&one](const OwnHost::Interface& other) { return other.name == one.interface; });
    if (found == host.interfaces.end()) {
      found = host.interfaces.insert(found, {one.interface, {}});
    }
    found->addresses.push_back(one.address.host());
  }
  return host;
}

void find_full_name(Resolver& resolver, const std::string& name,
                    const std::function<void(std::string)>& done) {
  const auto with_names = [name, done](std::error_code, const std::vector<std::string>& names) {
    done(full_name_of(name, names));
  };
  resolver.addresses(
      name, 0, AF_UNSPEC,
      [&resolver, with_names](std::error_code error, const std::vector<Address>& addresses) {
        if (error) return with_names(error, {});
        resolver.names(addresses.front(), with_names);
      });
}

std::string full_name_of(std::string_view name, const std::vector<std::string>& names) {
  const std::string start = std::string(name) + '.';
  for (const std::string& one : names) {
    const std::size_t size = one.size() - (one.ends_with('.') ? 1 : 0);
    if (size > start.size() && ::strncasecmp(one.c_str(), start.c_str(), start.size()) == 0) {
      return one;
    }
  }
  return {};
}

}  // namespace sluice::tools::lookup
