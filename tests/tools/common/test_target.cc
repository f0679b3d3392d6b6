// Whom to talk to: how an endpoint with a name is read.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/common/target.h"

using sluice::Address;
using sluice::Endpoint;
using sluice::Scheme;
using sluice::tools::parse_target;
using sluice::tools::Target;

namespace {

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_target(text); }), why);
}

}  // namespace

Test(target, a_numeric_endpoint_is_that_endpoint) {
  for (const std::string text :
       {"tcp://127.0.0.1:7", "udp://[::1]:53", "unix:///run/x:1.sock", "unix://relative"}) {
    const Target target = parse_target(text);
    cr_assert(target.endpoint.has_value());
    cr_expect(*target.endpoint == Endpoint::from(text));
    cr_expect(target.text == text);
    cr_expect(target.scheme() == target.endpoint->scheme());
  }
}

Test(target, without_a_scheme_it_is_tcp) {
  cr_expect(*parse_target("127.0.0.1:7").endpoint == Endpoint::from("tcp://127.0.0.1:7"));
  cr_expect(*parse_target("[::1]:7").endpoint == Endpoint::from("tcp://[::1]:7"));
  const Target target = parse_target("example.org:80");
  cr_expect(target.scheme() == Scheme::tcp);
  cr_expect(target.text == "tcp://example.org:80");
}

Test(target, a_name_waits_to_be_looked_up) {
  for (const std::string name :
       {"localhost", "a.b-c_d.org", "1e100.net", "xn--bcher-kva.example", "example.org."}) {
    const Target target = parse_target("udp://" + name + ":53");
    cr_expect(!target.endpoint.has_value());
    cr_expect(target.host.name == name);
    cr_expect(target.port() == 53);
    cr_expect(target.scheme() == Scheme::udp);
  }
}

Test(target, what_is_neither_name_nor_address_is_refused) {
  const std::string allowed = " is not a name, a.b.c.d or [IPv6]";
  expect_refused("127.1:7", "host \"127.1\"" + allowed);
  expect_refused("::1:7", "host \"::1\"" + allowed);
  expect_refused("a b:7", "host \"a b\"" + allowed);
  expect_refused("a/b:7", "host \"a/b\"" + allowed);
  expect_refused(":7", "host \"\"" + allowed);
  expect_refused(std::string(254, 'a') + ":7",
                 "host \"" + std::string(157, 'a') + "...\"" + allowed);
}

Test(target, a_scheme_without_its_slashes_is_not_taken_for_a_host) {
  expect_refused("unix:/run/x",
                 "\"unix:/run/x\" has no // after \"unix:\"; allowed: tcp://, udp:// and unix://");
  expect_refused("udp:localhost:53",
                 "\"udp:localhost:53\" has no // after \"udp:\"; allowed: "
                 "tcp://, udp:// and unix://");
  cr_expect(parse_target("udp:53").host.name == "udp", "a host and a port");
}

Test(target, a_port_is_checked_also_behind_a_name) {
  expect_refused("localhost:99999", "port 99999 is not in 0-65535");
  cr_expect(usage_error_of([] { (void)parse_target("localhost"); }) != "");
  cr_expect(usage_error_of([] { (void)parse_target("localhost:http"); }) != "");
}

Test(target, the_addresses_of_a_name_get_its_port_and_transport) {
  const auto named = sluice::tools::parse_named_host("udp://localhost:7");
  cr_assert(named.has_value());
  const auto endpoints =
      named->at({*Address::from_ip("::1", 0), *Address::from_ip("127.0.0.1", 99)});
  cr_assert(endpoints.size() == 2);
  cr_expect(endpoints[0] == Endpoint::from("udp://[::1]:7"));
  cr_expect(endpoints[1] == Endpoint::from("udp://127.0.0.1:7"));
}

Test(target, an_endpoint_with_an_address_or_a_path_names_no_host) {
  for (const auto* text : {"tcp://127.0.0.1:7", "tcp://[::1]:7", "tcp://*:7", "unix://localhost:7",
                           "tcp://localhost", "localhost:7", "tcp://127.1:7"}) {
    cr_expect(!sluice::tools::parse_named_host(text).has_value(), "%s", text);
  }
}
