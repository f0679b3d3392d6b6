// Connecting through a network: the answers of routers and firewalls.
#include <cerrno>
#include <chrono>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/slowness.h"
#include "support/two_networks.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(connector_network, .timeout = 30);

// If an ICMP message arrives during connect(), the kernel only records its error. Without a check
// the attempt would go on until the kernel retransmits, a second later.
Test(connector_network, sees_the_answer_of_a_firewall_at_once) {
  const TwoNetworks networks;
  networks.far_rule("ip daddr 10.9.0.2 tcp dport 9 reject with icmp type admin-prohibited");
  networks.far_rule("tcp dport 10 reject with icmpv6 type admin-prohibited");
  networks.far_rule("tcp dport 11 reject with icmpv6 type no-route");
  const struct {
    Address target;
    int error;
  } table[] = {{ip("10.9.0.2", 9), EHOSTUNREACH},
               {ip("fd09::2", 10), EACCES},
               {ip("fd09::2", 11), ENETUNREACH}};
  // An IPv6 address can be used only a moment after it has been added.
  for (int tries = 0; tries < 50; ++tries) {
    Loop loop(backend_options());
    ConnectorOptions options;
    options.address_timeout = 100ms;
    if (outcome_of(loop, {ip("fd09::2", 1)}, options).error_of(0) == ECONNREFUSED) break;
  }
  for (const auto& line : table) {
    const std::string name = line.target.to_string();
    const bool at_once = succeeds_once([&] {
      Loop loop(backend_options());
      const TimePoint begin = Clock::now();
      const Outcome outcome = outcome_of(loop, {line.target});
      cr_expect(outcome.error_of(0) == line.error, "%s: errno %d", name.c_str(),
                outcome.error_of(0));
      return Clock::now() - begin < 700ms;
    });
    cr_expect(at_once, "%s: the kernel had to ask again", name.c_str());
  }
}
