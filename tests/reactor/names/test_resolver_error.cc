// The errors of a lookup as an error_code.
#include <set>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include <sluice/resolver.h>

using sluice::ResolverError;

Test(resolver_error, each_has_a_different_message) {
  std::set<std::string> messages;
  for (int value = 1; value <= static_cast<int>(ResolverError::no_server); ++value) {
    messages.insert(std::error_code(value, sluice::resolver_category()).message());
  }
  cr_expect(messages.size() == static_cast<std::size_t>(ResolverError::no_server));
  cr_expect(messages.count("") == 0);
  const std::string other = std::error_code(99, sluice::resolver_category()).message();
  cr_expect(other == "resolver error 99", "%s", other.c_str());
}

Test(resolver_error, converts_to_an_error_code_of_its_category) {
  const std::error_code error = ResolverError::not_found;
  cr_expect(error == ResolverError::not_found);
  cr_expect(error != ResolverError::no_address);
  cr_expect(std::string(error.category().name()) == "resolver");
}

Test(resolver_error, each_that_the_system_also_has_compares_equal_to_it) {
  cr_expect(make_error_code(ResolverError::timed_out) == std::errc::timed_out);
  cr_expect(make_error_code(ResolverError::no_memory) == std::errc::not_enough_memory);
  cr_expect(make_error_code(ResolverError::not_found) != std::errc::timed_out);
}
