// The steps in which a name is looked up.
#include <string>

#include <criterion/criterion.h>

#include "reactor/names/search_steps.h"

using sluice::search_steps;
using sluice::SearchRules;
using sluice::SearchStep;

namespace {

void expect_steps(const std::string& host, const SearchRules& rules, const std::string& want) {
  std::string got;
  for (const SearchStep& step : search_steps(host, rules)) {
    got += (got.empty() ? "" : " ") + std::string(step.is_file ? "file:" : "") + step.name;
  }
  cr_expect(got == want, "got %s", got.c_str());
}

}  // namespace

Test(search_steps, begin_with_the_file_and_the_unchanged_name) {
  expect_steps("box.test", {}, "file:box.test box.test");
}

Test(search_steps, follow_the_order_of_sources_of_the_host) {
  expect_steps("box.test", {.sources = "bf"}, "box.test file:box.test");
  expect_steps("box.test", {.sources = "b"}, "box.test");
  expect_steps("box.test", {.sources = "f"}, "file:box.test");
  expect_steps("box.test", {.sources = ""}, "");
}

Test(search_steps, try_the_domains_first_for_a_name_with_few_dots) {
  const SearchRules rules{.sources = "b", .domains = {"one.test", "two.test"}, .ndots = 2};
  expect_steps("box", rules, "box.one.test box.two.test box");
  expect_steps("a.box", rules, "a.box.one.test a.box.two.test a.box");
  expect_steps("a.b.box", rules, "a.b.box a.b.box.one.test a.b.box.two.test");
}

Test(search_steps, try_no_domain_for_a_name_that_ends_in_a_dot) {
  const SearchRules rules{.sources = "fb", .domains = {"one.test"}, .ndots = 5};
  expect_steps("box.", rules, "file:box. box.");
}

Test(search_steps, exclude_a_domain_that_makes_a_name_too_long) {
  const std::string label(63, 'x');
  const std::string host = label + '.' + label + '.' + label;
  expect_steps(host, {.sources = "b", .domains = {label, "t"}, .ndots = 1},
               host + ' ' + host + ".t");
}

Test(search_steps, include_the_root_as_a_domain) {
  expect_steps("box", {.sources = "b", .domains = {"."}, .ndots = 1}, "box. box");
}

Test(search_steps, exclude_servers_for_onion_names) {
  expect_steps("a.Onion", {.domains = {"one.test"}}, "file:a.Onion");
  expect_steps("onion.", {}, "file:onion.");
  expect_steps("onion.test", {}, "file:onion.test onion.test");
}
