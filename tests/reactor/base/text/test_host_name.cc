// Which names are valid host names.
#include <string>

#include <criterion/criterion.h>

#include "reactor/base/text/host_name.h"

using sluice::is_host_name;
using sluice::is_localhost;
using sluice::is_onion;
using sluice::is_same_name;

Test(host_name, has_letters_digits_hyphens_and_underscores_between_dots) {
  for (const char* name : {"a", "host", "a.b.c", "x-1.example", "_ldap._tcp.test", "7.x", "123",
                           "3com.example", "host.", "UPPER.Case", "1.2.3.4.in-addr.arpa"}) {
    cr_expect(is_host_name(name), "%s", name);
  }
}

Test(host_name, has_no_other_characters) {
  for (const char* name : {"", ".", "..", ".a", "a..b", "a b", "a/b", "a\\b", "a%lo", "::1", "a:b",
                           "\xc3\xa4.test", "127.1", "10.0.0.256", "1.2.", "a\n"}) {
    cr_expect(!is_host_name(name), "%s", name);
  }
}

Test(host_name, has_the_lengths_of_rfc_1035) {
  const std::string label(63, 'x');
  cr_expect(is_host_name(label));
  cr_expect(!is_host_name(label + "x"));
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'x');
  cr_expect(longest.size() == 253);
  cr_expect(is_host_name(longest));
  cr_expect(is_host_name(longest + "."));
  cr_expect(!is_host_name(longest + "x"));
}

Test(host_name, is_localhost_in_any_case_and_below_it) {
  for (const char* name :
       {"localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.LocalHost."}) {
    cr_expect(is_localhost(name), "%s", name);
  }
  for (const char* name : {"mylocalhost", "localhost.test", "local", "localhosts", "a.localhos"}) {
    cr_expect(!is_localhost(name), "%s", name);
  }
}

Test(host_name, is_onion_in_any_case_and_below_it) {
  for (const char* name : {"onion", "Onion.", "a.onion", "a.b.ONION."}) {
    cr_expect(is_onion(name), "%s", name);
  }
  for (const char* name : {"myonion", "onion.test", "onions", "a.onio", "onion.onions."}) {
    cr_expect(!is_onion(name), "%s", name);
  }
}

Test(host_name, is_compared_without_case) {
  cr_expect(is_same_name("Box-1.Test", "bOX-1.tEST"));
  cr_expect(is_same_name("", ""));
  cr_expect(!is_same_name("box", "box."));
  cr_expect(!is_same_name("box@", "box`"), "these differ as letters do, and are none");
}
