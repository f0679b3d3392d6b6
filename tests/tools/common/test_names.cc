// Lists of names as text.
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "tools/common/names.h"

Test(names, names_are_joined_as_in_a_sentence) {
  using Names = std::vector<std::string_view>;
  cr_expect(sluice::tools::join_names(Names{}).empty());
  cr_expect(sluice::tools::join_names(Names{"a"}) == "a");
  cr_expect(sluice::tools::join_names(Names{"a", "b"}) == "a and b");
  cr_expect(sluice::tools::join_names(Names{"a", "b", "c"}) == "a, b and c");
}

Test(names, are_split_at_each_separator) {
  using Parts = std::vector<std::string>;
  cr_expect(sluice::tools::split_names("web:dns", ':') == Parts({"web", "dns"}));
  cr_expect(sluice::tools::split_names("web", ':') == Parts({"web"}));
  cr_expect(sluice::tools::split_names(":web::", ':') == Parts({"", "web", "", ""}));
  cr_expect(sluice::tools::split_names("", ':') == Parts({""}));
}
