// JSON is read back by a library that did not write it, member by member.
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/common/json_object.h"

using nlohmann::json;
using sluice::tools::json_array;
using sluice::tools::json_string;
using sluice::tools::json_string_as_utf8;
using sluice::tools::JsonObject;

Test(json_object, an_object_without_members_is_one) {
  cr_expect(JsonObject().text() == "{}");
  cr_expect(JsonObject().line() == "{}\n");
}

Test(json_object, members_are_in_their_order) {
  JsonObject inner;
  inner.add_truth("yes", true);
  inner.add_truth("no", false);
  JsonObject object;
  object.add_text("text", "a");
  object.add_number("most", std::numeric_limits<std::uint64_t>::max());
  object.add_number("least", std::numeric_limits<std::int64_t>::min());
  object.add_fraction("half", 0.5);
  object.add_null("none");
  object.add("inner", inner.text());
  object.add("list", json_array(std::vector<std::string>{"1", "\"b\""}));
  object.add("empty", json_array({}));
  cr_expect(object.line() ==
            "{\"text\":\"a\",\"most\":18446744073709551615,\"least\":-9223372036854775808,"
            "\"half\":0.5,\"none\":null,\"inner\":{\"yes\":true,\"no\":false},\"list\":[1,\"b\"],"
            "\"empty\":[]}\n");
  cr_expect(json::accept(object.text()));
}

Test(json_object, every_byte_of_a_text_comes_back_and_only_ascii_goes_out) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "é☃𝄞\u009b";
  const std::string quoted = json_string(all);
  for (const char c : quoted) cr_expect(c >= ' ' && c <= '~');
  cr_expect(json::parse(quoted).get<std::string>() == all);
  cr_expect(json::parse(json_string_as_utf8(all).value()).get<std::string>() == all);
  cr_expect(json_string_as_utf8("é") == "\"é\"");
}

Test(json_object, what_is_no_utf8_is_replaced) {
  cr_expect(json_string("a\xff"
                        "b") == "\"a\\ufffdb\"");
  cr_expect(json_string_as_utf8("é\n").has_value() && !json_string_as_utf8("\xff").has_value());
}
