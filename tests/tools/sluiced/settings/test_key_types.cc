// The types of keys: what each reads, writes, refuses, and has without a value.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/settings/key_types.h"

using namespace sluice::tools::daemon;
using namespace std::chrono_literals;

namespace {

constexpr KeyText text_of(std::string_view name) {
  return {.name = name, .form = "X", .summary = ""};
}

constexpr NumberKey kNumber(text_of("lines"), {5, 70}, 20);
constexpr NumberKey kCount(text_of("max"), NumberKey::kCount);
constexpr DurationKey kTime(text_of("idle"), 100ms);
constexpr SwitchKey kSwitch(text_of("strict"), true);
constexpr ModeKey kMode(text_of("mode"));
constexpr std::array<std::string_view, 3> kWords = {"close", "drop", "wait"};
constexpr ChoiceKey kChoice(text_of("slow"), kWords);
constexpr TextKey kText(text_of("greeting"), {2, 4}, "abc");

// A value is written as it is read.
void expect_both_ways(const Key& key, const std::string& text, const std::string& written) {
  const Value value = key.read(text);
  cr_expect(key.write(value) == written, "%s: %s is written as %s", text.c_str(), written.c_str(),
            key.write(value).c_str());
  cr_expect(key.read(written) == value, "%s", text.c_str());
}

void expect_refused(const Key& key, const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)key.read(text); }), why);
}

}  // namespace

Test(key_types, a_number_is_decimal_and_in_its_range) {
  cr_expect(kNumber.read("5") == Value(std::uint64_t{5}));
  expect_both_ways(kNumber, "70", "70");
  cr_expect(kNumber.fallback() == Value(std::uint64_t{20}));
  cr_expect(kNumber.allowed() == "5-70");
  for (const std::string text : {"", "-5", "0x10", "6 ", "1e1"}) {
    expect_refused(kNumber, text, "lines \"" + text + "\" is not a decimal number in 5-70");
  }
  for (const std::string text : {"4", "71"}) {
    expect_refused(kNumber, text, "lines " + text + " is not in 5-70");
  }
}

Test(key_types, a_number_may_have_no_default) {
  cr_expect(not kCount.fallback().has_value());
  expect_both_ways(kCount, "4294967295", "4294967295");
  expect_refused(kCount, "0", "max 0 is not in 1-4294967295");
}

Test(key_types, a_duration_has_a_unit_and_is_written_in_the_largest) {
  cr_expect(kTime.read("30s") == Value(std::chrono::milliseconds(30s)));
  expect_both_ways(kTime, "120s", "2m");
  expect_both_ways(kTime, "1500ms", "1500ms");
  expect_both_ways(kTime, "48h", "2d");
  expect_both_ways(kTime, "90m", "90m");
  expect_both_ways(kTime, "0", "off");
  expect_both_ways(kTime, "off", "off");
  expect_both_ways(kTime, "365d", "365d");
  cr_expect(kTime.fallback() == Value(0ms));
  cr_expect(kTime.allowed() == "100ms-365d, or 0 or off");
}

Test(key_types, a_duration_names_what_is_wrong_with_it) {
  expect_refused(kTime, "30",
                 "idle \"30\" has no unit; allowed: 1ms-365d in ms, s, m, h or d, or 0 or off");
  expect_refused(kTime, "99ms", "idle \"99ms\" is too short; allowed: 100ms-365d, or 0 or off");
}

Test(key_types, a_switch_is_on_or_off) {
  expect_both_ways(kSwitch, "on", "on");
  expect_both_ways(kSwitch, "off", "off");
  cr_expect(kSwitch.fallback() == Value(true));
  for (const std::string text : {"yes", "ON", "1", ""}) {
    expect_refused(kSwitch, text, "strict \"" + text + "\" is not on or off");
  }
}

Test(key_types, a_mode_is_octal) {
  expect_both_ways(kMode, "660", "0660");
  expect_both_ways(kMode, "0", "0000");
  expect_both_ways(kMode, "0777", "0777");
  cr_expect(not kMode.fallback().has_value());
  expect_refused(kMode, "9", "mode \"9\" is not an octal number in 0-0777");
  expect_refused(kMode, "1777", "mode 1777 is not in 0-0777");
}

Test(key_types, a_choice_is_one_of_its_words_and_the_first_without_a_value) {
  for (const std::string_view word : kWords) {
    expect_both_ways(kChoice, std::string(word), std::string(word));
  }
  cr_expect(kChoice.fallback() == Value(std::string("close")));
  expect_refused(kChoice, "Close", "slow \"Close\" is not close, drop or wait");
}

Test(key_types, a_text_has_any_bytes_and_a_size) {
  expect_both_ways(kText, "a\nb", "a\nb");
  cr_expect(kText.fallback() == Value(std::string("abc")));
  cr_expect(kText.allowed() == "2-4 bytes");
  expect_refused(kText, "a", "greeting has 1 bytes; allowed: 2-4");
  expect_refused(kText, "abcde", "greeting has 5 bytes; allowed: 2-4");
}
