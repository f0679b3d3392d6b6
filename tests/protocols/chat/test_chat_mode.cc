// The masks of bans.
#include <string>

#include <criterion/criterion.h>

#include <sluice/chat_mode.h>

using sluice::matches_chat_mask;

Test(chat_mode, matches_a_mask_without_wildcards_in_any_case) {
  cr_expect(matches_chat_mask("Ann!u@h", "ann!U@H"));
  cr_expect(!matches_chat_mask("ann!u@h", "ann!u@h2"));
  cr_expect(!matches_chat_mask("ann!u@h2", "ann!u@h"));
  cr_expect(matches_chat_mask("", ""));
  cr_expect(!matches_chat_mask("", "a"));
}

Test(chat_mode, matches_wildcards) {
  cr_expect(matches_chat_mask("*", ""));
  cr_expect(matches_chat_mask("*!*@*", "ann!u@h"));
  cr_expect(matches_chat_mask("a?n!*", "ann!u@h"));
  cr_expect(!matches_chat_mask("a?nn", "ann"));
  cr_expect(matches_chat_mask("*n!*@*.hidden", "ann!u@0f.hidden"));
  cr_expect(!matches_chat_mask("*n!*@*.hidden", "ann!u@0f.hidden2"));
  cr_expect(matches_chat_mask("a*b*c", "axxbxbxc"));
  cr_expect(!matches_chat_mask("a*b*c", "axxbxbx"));
  cr_expect(matches_chat_mask("*?", "x"));
  cr_expect(!matches_chat_mask("*?", ""));
}

Test(chat_mode, takes_no_exponential_time) {
  std::string mask;
  for (int i = 0; i < 60; ++i) mask += "*a";
  cr_expect(!matches_chat_mask(mask + "b", std::string(120, 'a')));
}
