// The names of members and rooms.
#include <string>

#include <criterion/criterion.h>

#include <sluice/chat_name.h>

using sluice::chat_name_error;
using sluice::chat_name_key;
using sluice::is_chat_name;

namespace {

constexpr const char* kAllowed = ": allowed are 1 to 32 letters a-z, digits, '-' and '_'";

}  // namespace

Test(chat_name, has_letters_digits_hyphens_and_underscores) {
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';
    cr_expect(is_chat_name(std::string("a") + c) == allowed, "byte %d", value);
    cr_expect(is_chat_name(std::string(1, c)) == allowed, "byte %d", value);
    cr_expect(chat_name_error(std::string(1, c)).empty() == allowed, "byte %d", value);
  }
}

Test(chat_name, of_a_member_may_have_the_characters_of_irc) {
  for (int value = 0; value < 256; ++value) {
    const std::string name(1, static_cast<char>(value));
    const bool special = value != 0 && std::string_view("[]{}\\|^`").find(name) != name.npos;
    cr_expect(sluice::is_chat_nick(name) == (is_chat_name(name) || special), "byte %d", value);
  }
  cr_expect(!sluice::is_chat_nick("") && !sluice::is_chat_nick(std::string(33, '[')));
  cr_expect(chat_name_key("[A]\\^`") == chat_name_key("{a}|^`"));
  cr_expect(chat_name_key("{a}") == "{a}");
}

Test(chat_name, has_1_to_32_bytes) {
  cr_expect(!is_chat_name(""));
  cr_expect(is_chat_name("x"));
  cr_expect(is_chat_name(std::string(32, 'x')));
  cr_expect(!is_chat_name(std::string(33, 'x')));
}

Test(chat_name, error_says_what_is_wrong_and_what_is_allowed) {
  cr_expect(chat_name_error("Ann-2_b").empty());
  cr_expect(chat_name_error("") == std::string("a name is missing") + kAllowed);
  cr_expect(chat_name_error("two words") ==
            std::string("character 4 cannot be in a name") + kAllowed);
  cr_expect(chat_name_error(std::string(33, 'x')) ==
            std::string("a name of 33 characters is too long") + kAllowed);
}

Test(chat_name, error_does_not_contain_the_name) {
  for (const char c : chat_name_error("\x1b[31m\n\xff")) cr_expect(c >= ' ' && c <= '~');
}

Test(chat_name, keys_are_equal_if_only_the_case_differs) {
  cr_expect(chat_name_key("ANN-Z_09") == "ann-z_09");
  cr_expect(chat_name_key("ann-z_09") == "ann-z_09");
  cr_expect(chat_name_key("ann") != chat_name_key("anna"));
}
