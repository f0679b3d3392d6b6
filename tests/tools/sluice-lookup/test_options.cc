// The command line of sluice-lookup: defaults, and what goes together. Each message is held in
// e2e/tools/test_lookup_usage.py.
#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-lookup/options.h"

using sluice::ServiceNames;
using sluice::tools::lookup::LookupOptions;
using sluice::tools::lookup::QueryKind;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

LookupOptions read(const Words& words) {
  std::vector<const char*> argv = {"sluice-lookup"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  ServiceNames services;
  services.add("ssh", 22, sluice::Scheme::tcp);
  return sluice::tools::lookup::parse_lookup_options(static_cast<int>(argv.size()), argv.data(),
                                                     services);
}

std::string server_of(const std::string& text) {
  const LookupOptions options = read({"--server", text});
  cr_assert(options.resolver.servers.size() == 1);
  return options.resolver.servers.front().to_string();
}

}  // namespace

Test(lookup_options, without_any_it_is_this_host_for_people) {
  const LookupOptions options = read({});
  cr_expect(options.queries.empty() && options.answer.empty() && !options.json);
  cr_expect(options.family == AF_UNSPEC);
  cr_expect(options.resolver.servers.empty());
  cr_expect(options.resolver.deadline == 10s);
}

Test(lookup_options, words_keep_their_order) {
  const LookupOptions options = read({"ssh", "--json", "host.test", "::1"});
  cr_assert(options.queries.size() == 3);
  cr_expect(options.queries[0].kind == QueryKind::service);
  cr_expect(options.queries[1].text == "host.test");
  cr_expect(options.queries[2].kind == QueryKind::address);
  cr_expect(options.json);
}

Test(lookup_options, what_words_are_may_be_said_before_or_after_them) {
  cr_expect(read({"ssh", "--name"}).queries[0].kind == QueryKind::name);
  cr_expect(read({"--service", "x.y"}).queries[0].kind == QueryKind::service);
  cr_expect(!usage_error_of([] { read({"--name", "--service"}); }).empty());
}

Test(lookup_options, families) {
  cr_expect(read({"-4"}).family == AF_INET);
  cr_expect(read({"--ipv6"}).family == AF_INET6);
  cr_expect(!usage_error_of([] { read({"-46"}); }).empty());
}

Test(lookup_options, servers_have_port_53_unless_they_say) {
  cr_expect(server_of("127.0.0.1") == "127.0.0.1:53");
  cr_expect(server_of("::1") == "[::1]:53");
  cr_expect(server_of("127.0.0.1:5353") == "127.0.0.1:5353");
  cr_expect(server_of("[::1]:5353") == "[::1]:5353");
  cr_expect(read({"--server", "::1", "--server", "::2"}).resolver.servers.size() == 2);
  for (const char* wrong :
       {"dns.test", "*:53", "127.0.0.1:0", "fe80::1%1", "127.0.0.1:99999", ""}) {
    cr_expect(!usage_error_of([wrong] { read({"--server", wrong}); }).empty(), "%s", wrong);
  }
}

Test(lookup_options, the_timeout_is_each_look_up_s) {
  cr_expect(read({"--timeout", "250ms"}).resolver.deadline == 250ms);
  cr_expect(read({"--timeout", "off"}).resolver.deadline == 0ms);
}

Test(lookup_options, many_at_a_time_are_lists_types_and_prefixes) {
  cr_expect(!read({"host.test", "::1"}).is_bulk());
  cr_expect(read({"--file", "names.txt"}).is_bulk());
  cr_expect(read({"-t", "mx", "host.test"}).is_bulk());
  cr_expect(read({"192.0.2.0/24"}).is_bulk());
  cr_expect(read({"-f", "a", "-f", "-"}).lists == Words({"a", "-"}));
  cr_expect(!usage_error_of([] { read({"-f", "-", "-f", "-"}); }).empty());
  cr_expect(!usage_error_of([] { read({"-f", ""}); }).empty());
}

Test(lookup_options, types_are_named_in_any_case_and_each_counts_once) {
  using sluice::DnsType;
  const auto types = read({"--type", "mx,TXT,mx,Https"}).types;
  cr_assert(types.size() == 3);
  cr_expect(types[0] == DnsType::mx && types[1] == DnsType::txt && types[2] == DnsType::https);
  cr_expect(read({"--type", "a", "ssh"}).queries[0].kind == QueryKind::name);
  for (const char* const wrong : {"", "a,", "any", "mx txt"}) {
    cr_expect(!usage_error_of([wrong] { read({"--type", wrong}); }).empty(), "%s", wrong);
  }
  for (const char* const other : {"--service", "-4", "-6"}) {
    cr_expect(!usage_error_of([other] { read({"--type", "a", other}); }).empty(), "%s", other);
  }
}

Test(lookup_options, tries_and_their_timeout_hold_for_few_words_and_for_many) {
  const LookupOptions plain = read({"x"});
  cr_expect(plain.resolver.tries == 3 && plain.pool.tries == 5);
  cr_expect(plain.resolver.try_timeout == 2s && plain.pool.try_timeout == 500ms);
  cr_expect(plain.pool.deadline == 10s && plain.pool.in_flight == 2000);
  const LookupOptions given = read({"--tries", "8", "--try-timeout", "1h", "--tcp", "--server",
                                    "::1", "--timeout", "off", "--in-flight", "50000"});
  cr_expect(given.resolver.tries == 8 && given.pool.tries == 8);
  cr_expect(given.resolver.try_timeout == 1h && given.pool.try_timeout == 1h);
  cr_expect(given.resolver.over_tcp && given.pool.over_tcp);
  cr_expect(given.pool.servers == given.resolver.servers);
  cr_expect(given.pool.deadline == 0ms && given.pool.in_flight == 50'000);
  const std::vector<Words> wrong = {{"--tries", "0"},       {"--tries", "9"},
                                    {"--in-flight", "0"},   {"--in-flight", "50001"},
                                    {"--try-timeout", "0"}, {"--try-timeout", "61m"}};
  for (const Words& words : wrong) {
    cr_expect(!usage_error_of([&words] { read(words); }).empty(), "%s", words.back().c_str());
  }
}
