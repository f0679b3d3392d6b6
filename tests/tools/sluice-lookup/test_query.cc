// What a word of sluice-lookup's command line is taken for.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-lookup/query.h"

using sluice::Scheme;
using sluice::ServiceNames;
using sluice::tools::lookup::Query;
using sluice::tools::lookup::QueryKind;
using sluice::tools::lookup::TakenFor;

namespace {

ServiceNames services() {
  ServiceNames names;
  names.add("ssh", 22, Scheme::tcp);
  names.add("ntp", 123, Scheme::udp);
  names.add("dotted.name", 9, Scheme::tcp);
  return names;
}

Query read(const char* text, TakenFor as = TakenFor::what_it_is) {
  return sluice::tools::lookup::parse_query(text, services(), as);
}

std::string error_of(const char* text, TakenFor as = TakenFor::what_it_is) {
  return usage_error_of([text, as] { read(text, as); });
}

}  // namespace

Test(lookup_query, numeric_addresses_are_addresses) {
  for (const char* text : {"127.0.0.1", "::1", "2001:db8::7", "fe80::1%lo", "::ffff:10.0.0.1"}) {
    const Query query = read(text);
    cr_expect(query.kind == QueryKind::address, "%s", text);
    cr_expect(query.address.is_ip());
    cr_expect(query.text == text);
  }
}

Test(lookup_query, digits_alone_are_a_port) {
  cr_expect(read("22").kind == QueryKind::port);
  cr_expect(read("22").port == 22);
  cr_expect(!read("22").scheme.has_value());
  cr_expect(read("0/udp").kind == QueryKind::port);
  cr_expect(read("65535/udp").port == 65'535);
  cr_expect(read("65535/udp").scheme == Scheme::udp);
}

Test(lookup_query, a_word_that_the_database_has_is_a_service) {
  for (const char* text : {"ssh", "ntp"}) cr_expect(read(text).kind == QueryKind::service);
  cr_expect(read("ssh").name == "ssh");
}

Test(lookup_query, a_word_with_a_protocol_is_a_service_whether_it_is_there_or_not) {
  cr_expect(read("nothing/tcp").kind == QueryKind::service);
  cr_expect(read("nothing/tcp").name == "nothing");
  cr_expect(read("nothing/tcp").scheme == Scheme::tcp);
  cr_expect(read("dotted.name/tcp").kind == QueryKind::service);
}

Test(lookup_query, everything_else_is_a_name) {
  for (const char* text : {"host", "host.example", "ssh.", "dotted.name", "SSH", "127.1", "a b"}) {
    const Query query = read(text);
    cr_expect(query.kind == QueryKind::name, "%s", text);
    cr_expect(query.name == text);
  }
}

Test(lookup_query, it_can_be_said_what_all_words_are) {
  cr_expect(read("ssh", TakenFor::name).kind == QueryKind::name);
  cr_expect(read("22", TakenFor::name).kind == QueryKind::name);
  cr_expect(read("a/b", TakenFor::name).name == "a/b");
  cr_expect(read("::1", TakenFor::name).kind == QueryKind::address);
  cr_expect(read("host.example", TakenFor::service).kind == QueryKind::service);
  cr_expect(read("22", TakenFor::service).kind == QueryKind::port);
}

Test(lookup_query, what_cannot_be_asked_is_quoted) {
  expect_message(
      "", error_of(""),
      "\"\" is empty; allowed: a name, an address, a prefix, SERVICE[/PROTO] and PORT[/PROTO]");
  expect_message("65536", error_of("65536"), "\"65536\": port 65536 is not in 0-65535");
  const std::string huge = "99999999999999999999999/tcp";
  expect_message(huge, error_of(huge.c_str()),
                 "\"" + huge + "\": port 99999999999999999999999 is not in 0-65535");
  expect_message("ssh/sctp", error_of("ssh/sctp"),
                 "\"ssh/sctp\": protocol \"sctp\" is not tcp or udp");
  expect_message("ssh/", error_of("ssh/"), "\"ssh/\": protocol \"\" is not tcp or udp");
  expect_message("/tcp", error_of("/tcp"), "\"/tcp\": the service or port is missing");
}

Test(lookup_query, a_prefix_is_the_addresses_of_a_network) {
  const Query query = read("192.0.2.77/30");
  cr_expect(query.kind == QueryKind::prefix);
  cr_expect(query.range.first.address(0).host() == "192.0.2.76");
  cr_expect(query.range.last.address(0).host() == "192.0.2.79");
  cr_expect(read("10.0.0.0/8").range.size() == sluice::tools::lookup::kMaxPrefixAddresses);
  cr_expect(read("2001:db8::/104").range.size() == sluice::tools::lookup::kMaxPrefixAddresses);
  cr_expect(read("::1/128", TakenFor::name).range.size() == 1);
  expect_message("1.2.3.4/33", error_of("1.2.3.4/33"),
                 "\"1.2.3.4/33\": prefix length \"33\" is not in 0-32");
  expect_message("::1/", error_of("::1/"), "\"::1/\": prefix length \"\" is not in 0-128");
  expect_message("10.0.0.0/7", error_of("10.0.0.0/7"),
                 "\"10.0.0.0/7\" has more than 16777216 addresses; allowed: a prefix length of at "
                 "least 8");
  expect_message("::/103", error_of("::/103"),
                 "\"::/103\" has more than 16777216 addresses; allowed: a prefix length of at "
                 "least 104");
}
