// Which word was meant.
#include <array>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "tools/common/nearest.h"

using sluice::tools::kMaxCompared;
using sluice::tools::nearest;

namespace {

constexpr std::array<std::string_view, 5> kWords = {"idle", "max", "per-source", "reuse-port",
                                                    "mode"};

}  // namespace

Test(nearest, finds_a_word_with_a_letter_too_many_too_few_wrong_or_swapped) {
  cr_expect(nearest("idlee", kWords) == "idle");
  cr_expect(nearest("ide", kWords) == "idle");
  cr_expect(nearest("idlo", kWords) == "idle");
  cr_expect(nearest("ilde", kWords) == "idle");
  cr_expect(nearest("per_sources", kWords) == "per-source");
}

Test(nearest, finds_the_word_itself) { cr_expect(nearest("max", kWords) == "max"); }

Test(nearest, finds_nothing_if_more_than_a_third_is_different) {
  cr_expect(nearest("color", kWords).empty());
  cr_expect(nearest("", kWords).empty());
  cr_expect(nearest("perxyource", kWords) == "per-source");
  cr_expect(nearest("pxxxyource", kWords).empty());
}

Test(nearest, prefers_the_nearer_word_and_then_the_first) {
  constexpr std::array<std::string_view, 3> kThree = {"cart", "care", "cared"};
  cr_expect(nearest("caret", kThree) == "cart");
  cr_expect(nearest("caredd", kThree) == "cared");
}

Test(nearest, does_not_suggest_a_word_of_which_nothing_is_left) {
  constexpr std::array<std::string_view, 1> kShort = {"l"};
  cr_expect(nearest("x", kShort).empty());
}

Test(nearest, compares_only_words_of_a_bounded_length) {
  const std::string longest(kMaxCompared, 'a');
  const std::array<std::string_view, 1> words = {longest};
  cr_expect(nearest(longest, words) == longest);
  cr_expect(nearest(longest + 'a', words).empty());
}

Test(nearest, a_suggestion_is_there_only_if_a_word_is_near) {
  constexpr std::array<std::string_view, 2> kTwo = {"idle", "owner"};
  cr_expect(sluice::tools::suggestion("idel", kTwo) == " (did you mean idle?)");
  cr_expect(sluice::tools::suggestion("bandwidth", kTwo).empty());
}
