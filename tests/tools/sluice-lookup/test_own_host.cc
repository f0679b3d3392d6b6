// This host's own name and addresses.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluice-lookup/own_host.h"

using sluice::tools::lookup::full_name_of;
using sluice::tools::lookup::own_host;
using sluice::tools::lookup::OwnHost;

namespace {

std::vector<std::string> addresses_of(const OwnHost& host) {
  std::vector<std::string> all;
  for (const auto& interface : host.interfaces) {
    cr_expect(!interface.addresses.empty(), "%s", interface.name.c_str());
    all.insert(all.end(), interface.addresses.begin(), interface.addresses.end());
  }
  return all;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

Test(lookup_own_host, has_the_system_s_name_and_loopback) {
  char name[300] = {};
  cr_assert(::gethostname(name, sizeof name - 1) == 0);
  const OwnHost host = own_host(AF_UNSPEC);
  cr_expect(host.name == name);
  cr_expect(contains(addresses_of(host), "127.0.0.1"));
}

Test(lookup_own_host, names_each_interface_once) {
  const OwnHost host = own_host(AF_UNSPEC);
  std::vector<std::string> names;
  for (const auto& interface : host.interfaces) {
    cr_expect(!contains(names, interface.name));
    names.push_back(interface.name);
  }
}

Test(lookup_own_host, one_family_leaves_the_other_out) {
  for (const std::string& address : addresses_of(own_host(AF_INET))) {
    cr_expect(address.find(':') == address.npos, "%s", address.c_str());
  }
  for (const std::string& address : addresses_of(own_host(AF_INET6))) {
    cr_expect(address.find(':') != address.npos, "%s", address.c_str());
  }
}

Test(lookup_own_host, the_full_name_goes_on_after_the_name) {
  cr_expect(full_name_of("box", {"other.example", "box.example", "box.other"}) == "box.example");
  cr_expect(full_name_of("box", {"BOX.Example"}) == "BOX.Example");
  cr_expect(full_name_of("box", {"box", "box.", "boxer.example", "localhost"}).empty());
  cr_expect(full_name_of("box", {}).empty());
}
