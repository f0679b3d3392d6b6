// The names that -l gives hosts: each becomes its addresses, in order, with the keys of its -l.
#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/listen_names.h"
#include "tools/sluiced/services/small_services.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

std::vector<ListenSpec> specs_of(std::initializer_list<const char*> texts) {
  std::vector<ListenSpec> specs;
  for (const char* text : texts) specs.push_back(parse_listen(text, {}));
  return specs;
}

}  // namespace

Test(listen_names, a_name_becomes_one_for_each_address_and_keeps_its_place) {
  const auto specs = specs_of(
      {"echo=tcp://127.0.0.1:1", "greet=tcp://localhost:7,text=hi,max=3", "echo=unix:///tmp/x"});
  const auto found = look_up_names(specs);
  cr_assert(found.size() >= 3);
  cr_expect(found.front().endpoint() == Endpoint::from("tcp://127.0.0.1:1"));
  cr_expect(found.back().endpoint() == Endpoint::from("unix:///tmp/x"));
  for (std::size_t i = 1; i + 1 < found.size(); ++i) {
    const ListenSpec& spec = found[i];
    cr_expect(spec.kind == "greet");
    cr_expect(spec.endpoint().address().is_loopback() && spec.endpoint().address().port() == 7);
    cr_expect(spec.settings == specs[1].settings);
    cr_expect(spec.settings.get(kGreetText) == "hi");
  }
}

Test(listen_names, without_a_name_nobody_is_asked) {
  ResolverOptions broken;
  broken.tries = 0;  // a resolver with these cannot be made
  cr_expect(look_up_names(specs_of({"echo=udp://[::1]:7", "echo=tcp://*:0"}), broken).size() == 2);
}

Test(listen_names, one_that_is_not_found_is_named_with_the_reason) {
  ResolverOptions nobody;
  nobody.servers = {Address::loopback(AF_INET, 1)};  // tcpmux: no server for names
  std::string why;
  try {
    (void)look_up_names(specs_of({"echo=tcp://nohost.invalid:7"}), nobody);
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  cr_expect(
      why == "tcp://nohost.invalid:7: name \"nohost.invalid\": no name server could be reached",
      "%s", why.c_str());
}

Test(listen_names, settings_that_an_address_does_not_allow_are_named_with_the_name) {
  const std::string why = usage_error_of(
      [] { (void)look_up_names(specs_of({"broadcast=udp://localhost:9,group=ff02::1"})); });
  cr_expect(why.starts_with("udp://localhost:9: group is not valid for udp://127.0.0.1:9"), "%s",
            why.c_str());
}
