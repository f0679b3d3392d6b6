// What sluice-lookup prints of what it found.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-lookup/answer.h"

using sluice::Scheme;
using sluice::ServiceNames;
using sluice::tools::lookup::Answer;
using sluice::tools::lookup::OwnHost;
using sluice::tools::lookup::Query;
using sluice::tools::lookup::QueryKind;
using sluice::tools::lookup::TakenFor;

namespace {

ServiceNames services() {
  ServiceNames names;
  names.add("domain", 53, Scheme::tcp);
  names.add("domain", 53, Scheme::udp);
  names.add("shell", 514, Scheme::tcp);
  names.add("cmd", 514, Scheme::tcp);
  names.add("syslog", 514, Scheme::udp);
  return names;
}

Query query_of(const char* text) {
  return sluice::tools::lookup::parse_query(text, services(), TakenFor::what_it_is);
}

void expect_line(const char* text, const std::string& want) {
  const Query query = query_of(text);
  const std::string got = line_of(query, sluice::tools::lookup::answer_from(services(), query));
  cr_expect(got == want, "got %s", got.c_str());
}

void expect_json(const Query& query, const Answer& answer, const std::string& want) {
  const std::string got = json_of(query, answer);
  cr_expect(got == want, "got %s", got.c_str());
}

const OwnHost kHost = {
    "box", "box.example", {{"lo", {"127.0.0.1", "::1"}}, {"eth0", {"10.0.0.1"}}}};

}  // namespace

Test(lookup_answer, what_was_not_said_of_a_service_is_said) {
  expect_line("domain", "domain 53/tcp 53/udp\n");
  expect_line("domain/udp", "domain/udp 53/udp\n");
  expect_line("514", "514 shell/tcp syslog/udp\n");
  expect_line("514/udp", "514/udp syslog\n");
  expect_line("cmd", "cmd 514/tcp\n");
}

Test(lookup_answer, what_is_not_there_is_complained_of) {
  const Query query = query_of("9/tcp");
  const Answer answer = sluice::tools::lookup::answer_from(services(), query);
  cr_expect(answer.services.empty());
  cr_expect(complaint_of(query, answer) == "port \"9/tcp\": not in the services database");
}

Test(lookup_answer, a_line_is_the_word_and_what_was_found) {
  cr_expect(line_of(query_of("host.test"), {"", {"::1", "127.0.0.1"}, {}}) ==
            "host.test ::1 127.0.0.1\n");
}

Test(lookup_answer, control_characters_do_not_reach_a_terminal) {
  Query query = query_of("host.test");
  query.text = "a\033[2Jb";
  cr_expect(line_of(query, {"", {"x\ny"}, {}}) == "a\\x1b[2Jb x\\x0ay\n");
  const std::string complaint = complaint_of(query, {"not found", {}, {}});
  cr_expect(complaint == "name \"a\\x1b[2Jb\": not found", "%s", complaint.c_str());
  query.text = "\xc2\x9b\xff";
  expect_json(query, {"x", {}, {}},
              "{\"query\":\"\\u009b\\ufffd\",\"kind\":\"name\",\"error\":\"x\"}\n");
}

Test(lookup_answer, json_says_the_kind_and_what_was_found) {
  expect_json(query_of("host.test"), {"", {"::1"}, {}},
              "{\"query\":\"host.test\",\"kind\":\"name\",\"addresses\":[\"::1\"]}\n");
  expect_json(query_of("::1"), {"", {"a.test", "b.test"}, {}},
              "{\"query\":\"::1\",\"kind\":\"address\",\"names\":[\"a.test\",\"b.test\"]}\n");
  const Query port = query_of("514/udp");
  expect_json(port, sluice::tools::lookup::answer_from(services(), port),
              "{\"query\":\"514/udp\",\"kind\":\"port\",\"services\":"
              "[{\"name\":\"syslog\",\"port\":514,\"proto\":\"udp\"}]}\n");
  expect_json(query_of("host.test"), {"not found", {}, {}},
              "{\"query\":\"host.test\",\"kind\":\"name\",\"error\":\"not found\"}\n");
}

Test(lookup_answer, this_host_is_a_line_of_names_and_one_for_each_interface) {
  cr_expect(text_of(kHost) == "box box.example\nlo 127.0.0.1 ::1\neth0 10.0.0.1\n");
  OwnHost unknown = kHost;
  unknown.full_name.clear();
  unknown.interfaces.clear();
  cr_expect(text_of(unknown) == "box\n");
  cr_expect(json_of(unknown) == "{\"host\":\"box\",\"addresses\":[]}\n");
}

Test(lookup_answer, this_host_as_json) {
  const std::string got = json_of(kHost);
  cr_expect(got ==
                "{\"host\":\"box\",\"fqdn\":\"box.example\",\"addresses\":["
                "{\"interface\":\"lo\",\"address\":\"127.0.0.1\"},"
                "{\"interface\":\"lo\",\"address\":\"::1\"},"
                "{\"interface\":\"eth0\",\"address\":\"10.0.0.1\"}]}\n",
            "%s", got.c_str());
}
