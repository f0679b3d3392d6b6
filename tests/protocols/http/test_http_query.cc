// Queries of URLs: names, values, and what is encoded in them.
#include <string>

#include <criterion/criterion.h>

#include "protocols/http/http_query.h"

using sluice::query_value;

Test(http_query, finds_the_first_value_of_a_name) {
  cr_expect(query_value("a=1&b=2&a=3", "a") == "1");
  cr_expect(query_value("a=1&b=2", "b") == "2");
  cr_expect(query_value("a=1=2", "a") == "1=2");
  cr_expect(query_value("a=", "a").empty());
  cr_expect(query_value("ab=1&b", "b").empty());
  cr_expect(query_value("", "a").empty());
  cr_expect(query_value("&&a=1&", "a") == "1");
}

Test(http_query, decodes_what_browsers_encode) {
  cr_expect(query_value("a=%C3%A4+b%26c", "a") == "\u00e4 b&c");
  cr_expect(query_value("%61=x", "a") == "x");
  cr_expect(query_value("a=%0a", "a") == "\n");
}

Test(http_query, keeps_a_percent_sign_that_encodes_nothing) {
  for (const std::string text : {"%", "%4", "%zz", "100%", "%4g"}) {
    cr_expect(query_value("a=" + text, "a") == text);
  }
}
