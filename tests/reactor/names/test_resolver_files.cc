// How a resolver uses the files in /etc, in a network namespace with its own /etc.
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include <criterion/criterion.h>

#include "support/dns_world.h"
#include "support/network_namespace.h"
#include "support/own_etc.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::Resolver;
using sluice::ResolverError;

TestSuite(resolver_files, .timeout = 30);

namespace {

constexpr std::uint16_t kDnsPort = 53;

// A resolver with default options, and a server at the address in resolv.conf.
struct HostWorld : DnsWorld {
  HostWorld() : dns(loop, kDnsPort) { resolver = std::make_unique<Resolver>(loop); }
  DnsServer dns;
};

void enter_own_host() {
  enter_network_namespace();
  enter_own_etc();
}

}  // namespace

Test(resolver_files, etc_hosts_comes_first_and_is_checked_at_each_lookup) {
  enter_own_host();
  write_etc("resolv.conf", "nameserver 127.0.0.1\n");
  HostWorld world;
  world.dns.a("box.test", "127.0.0.99");
  expect_words(world.addresses("box.test", AF_INET), {"127.0.0.99:80"});
  write_etc("hosts", "127.0.0.7 box.test box  # a comment\n127.0.0.7 box\n::1 six\n");
  const std::size_t asked = world.dns.questions();
  expect_words(world.addresses("box.test", AF_INET), {"127.0.0.7:80"});
  expect_words(world.addresses("BOX", AF_INET), {"127.0.0.7:80"});
  expect_words(world.addresses("six"), {"[::1]:80"});
  cr_expect(world.dns.questions() == asked);
}

Test(resolver_files, etc_hosts_also_gives_names) {
  enter_own_host();
  write_etc("resolv.conf", "nameserver 127.0.0.1\n");
  write_etc("hosts", "192.0.2.7 seven.test seven\n");
  HostWorld world;
  expect_words(world.names("192.0.2.7"), {"seven.test", "seven"});
  cr_expect(world.dns.questions() == 0);
}

Test(resolver_files, localhost_needs_no_file_at_all) {
  enter_own_host();
  HostWorld world;
  expect_words(world.addresses("localhost", AF_INET), {"127.0.0.1:80"});
  expect_words(world.addresses("sub.localhost", AF_INET6), {"[::1]:80"});
  cr_expect(world.addresses("localhost").words.size() == 2);
  cr_expect(world.dns.questions() == 0);
}

Test(resolver_files, localhost_of_etc_hosts_is_used) {
  enter_own_host();
  write_etc("hosts", "127.0.0.3 localhost\n");
  HostWorld world;
  expect_words(world.addresses("LOCALHOST", AF_INET), {"127.0.0.3:80"});
}

Test(resolver_files, without_resolv_conf_the_server_is_this_host) {
  enter_own_host();
  {
    HostWorld world;
    world.dns.a("box.test", "127.0.0.9");
    expect_words(world.addresses("box.test", AF_INET), {"127.0.0.9:80"});
  }
  DnsWorld world;
  world.resolver = std::make_unique<Resolver>(world.loop);
  expect_error(world.addresses("box.test"), ResolverError::no_server);
}

Test(resolver_files, search_domains_and_ndots_of_resolv_conf_are_used) {
  enter_own_host();
  write_etc("resolv.conf", "nameserver 127.0.0.1\nsearch one.test two.test\noptions ndots:2\n");
  HostWorld world;
  world.dns.a("box.two.test", "127.0.0.2");
  world.dns.a("a.box.two.test", "127.0.0.3");
  expect_words(world.addresses("box", AF_INET), {"127.0.0.2:80"});
  cr_expect(world.dns.questions_for("box.one.test") == 1);
  cr_expect(world.dns.questions_for("box") == 0, "the domains come first");
  expect_words(world.addresses("a.box", AF_INET), {"127.0.0.3:80"});
  expect_error(world.addresses("box.", AF_INET), ResolverError::not_found);
  cr_expect(world.dns.questions_for("box.one.test") == 1, "a last dot ends the search");
}

Test(resolver_files, servers_in_the_options_replace_those_of_resolv_conf) {
  enter_own_host();
  write_etc("resolv.conf", "nameserver 127.0.0.1\n");
  DnsWorld world;
  const DnsServer dns(world.loop, kDnsPort);
  world.server.a("box.test", "127.0.0.9");
  expect_words(world.addresses("box.test", AF_INET), {"127.0.0.9:80"});
  cr_expect(dns.questions() == 0);
}
