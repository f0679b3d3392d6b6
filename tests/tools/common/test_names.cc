// Names in a sentence.
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
