// TOML as plain data: each type of value, the places, the order, and what is no TOML.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluiced/config/toml_file.h"

using namespace sluice::tools::daemon;
using Kind = TomlValue::Kind;

namespace {

TomlValue parsed(const std::string& text) {
  ConfigFaults faults;
  auto root = parse_toml(text, faults);
  cr_assert(root.has_value(), "%s", text.c_str());
  cr_expect(faults.empty());
  return *root;
}

void expect_place(const TomlPlace& place, unsigned line, unsigned column) {
  cr_expect(place.line == line && place.column == column, "%u:%u is not %u:%u", place.line,
            place.column, line, column);
}

}  // namespace

Test(toml_file, reads_each_type_of_value) {
  const TomlValue root = parsed(
      "s = \"a\\u00e4\"\nn = -17\nm = 0o660\nb = true\na = [1, \"x\"]\nt = {k = false}\nf = 1.5\n"
      "d = 2026-11-29\n");
  cr_assert(root.entries.size() == 8);
  cr_expect(root.find("s")->value.kind == Kind::string);
  cr_expect(root.find("s")->value.text == "a\xc3\xa4");
  cr_expect(root.find("n")->value.kind == Kind::integer);
  cr_expect(root.find("n")->value.text == "-17");
  cr_expect(not root.find("n")->value.octal);
  cr_expect(root.find("m")->value.octal);
  cr_expect(root.find("m")->value.text == "0660");
  cr_expect(root.find("b")->value.text == "true");
  cr_expect(root.find("a")->value.items.size() == 2);
  cr_expect(root.find("a")->value.items[1].text == "x");
  cr_expect(root.find("t")->value.find("k")->value.text == "false");
  cr_expect(name_of(root.find("f")->value) == "a floating-point number");
  cr_expect(name_of(root.find("d")->value) == "a date or a time");
  cr_expect(root.find("other") == nullptr);
}

Test(toml_file, keeps_the_order_and_the_places_of_the_file) {
  const TomlValue root = parsed("zeta = 1\nalpha =   2\n\n[[list]]\n  key = 3\n[[list]]\n");
  cr_assert(root.entries.size() == 3);
  cr_expect(root.entries[0].key == "zeta");
  cr_expect(root.entries[1].key == "alpha");
  expect_place(root.entries[1].place, 2, 1);
  expect_place(root.entries[1].value.place, 2, 11);
  const TomlValue& list = root.entries[2].value;
  cr_assert(list.kind == Kind::array && list.items.size() == 2);
  expect_place(list.items[0].place, 4, 1);
  expect_place(list.items[0].find("key")->value.place, 5, 9);
}

Test(toml_file, names_the_place_of_a_mistake_in_the_syntax) {
  for (const std::string text :
       {"a = 1\nb = \n", "a = 1\n[x", "a = 1\na = 2", "a = 1\nb = \"\xff\""}) {
    ConfigFaults faults;
    faults.set_file("x.conf");
    cr_expect(not parse_toml(text, faults).has_value(), "%s", text.c_str());
    cr_assert(faults.lines().size() == 1);
    cr_expect(faults.lines()[0].starts_with("x.conf:2:"), "%s", faults.lines()[0].c_str());
  }
}

Test(toml_file, does_not_follow_values_that_are_nested_deeply) {
  std::string text = "a = ";
  for (int i = 0; i < 100; ++i) text += '[';
  for (int i = 0; i < 100; ++i) text += ']';
  const TomlValue root = parsed(text);
  const TomlValue* value = &root.find("a")->value;
  while (!value->items.empty()) value = value->items.data();
  cr_expect(value->kind == Kind::other);
  cr_expect(name_of(*value) == "nested more than 16 deep");
}
