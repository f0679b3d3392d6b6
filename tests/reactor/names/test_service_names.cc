// Service names and ports, from a table of the test and from the host's.
#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cstdint>
#include <string>

#include <criterion/criterion.h>

#include <sluice/service_names.h>

using sluice::Scheme;
using sluice::ServiceNames;

Test(service_names, map_names_and_aliases_to_the_port_and_the_port_to_the_main_name) {
  ServiceNames names;
  names.add("smtp", 25, Scheme::tcp);
  names.add("mail", 25, Scheme::tcp);
  cr_expect(names.port("smtp", Scheme::tcp) == 25);
  cr_expect(names.port("mail", Scheme::tcp) == 25);
  cr_expect(names.name(25, Scheme::tcp) == "smtp");
  cr_expect(names.size() == 2);
}

Test(service_names, are_separate_for_each_scheme) {
  ServiceNames names;
  names.add("shell", 514, Scheme::tcp);
  names.add("syslog", 514, Scheme::udp);
  cr_expect(names.name(514, Scheme::tcp) == "shell");
  cr_expect(names.name(514, Scheme::udp) == "syslog");
  cr_expect(!names.port("syslog", Scheme::tcp).has_value());
}

Test(service_names, keep_the_first_of_several) {
  ServiceNames names;
  names.add("x", 1, Scheme::tcp);
  names.add("x", 2, Scheme::tcp);
  cr_expect(names.port("x", Scheme::tcp) == 1);
  cr_expect(names.name(2, Scheme::tcp) == "x", "a port's only name is still its name");
}

Test(service_names, do_not_find_a_missing_entry) {
  const ServiceNames names;
  cr_expect(!names.port("ssh", Scheme::tcp).has_value());
  cr_expect(names.name(22, Scheme::tcp).empty());
  cr_expect(names.size() == 0);
}

Test(service_names, are_case_sensitive) {
  ServiceNames names;
  names.add("SSH", 22, Scheme::tcp);
  cr_expect(!names.port("ssh", Scheme::tcp).has_value());
}

Test(service_names, of_the_host_are_those_of_the_system) {
  const ServiceNames names = ServiceNames::of_host();
  if (::getservbyname("ssh", "tcp") == nullptr) cr_skip_test("this host has no services database");
  for (const char* name : {"ssh", "http", "domain", "www", "ntp", "no-such-service"}) {
    for (const Scheme scheme : {Scheme::tcp, Scheme::udp}) {
      const servent* const system =
          ::getservbyname(name, std::string(sluice::to_string(scheme)).c_str());
      const auto port = names.port(name, scheme);
      cr_expect(port.has_value() == (system != nullptr), "%s", name);
      if (system != nullptr) {
        cr_expect(port == ntohs(static_cast<std::uint16_t>(system->s_port)), "%s", name);
      }
    }
  }
  for (const std::uint16_t port : std::array<std::uint16_t, 5>{22, 53, 80, 443, 514}) {
    const servent* const system = ::getservbyport(htons(port), "tcp");
    cr_expect(names.name(port, Scheme::tcp) == (system == nullptr ? "" : system->s_name));
  }
}
