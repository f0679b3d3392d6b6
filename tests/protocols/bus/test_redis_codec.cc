// What is said to a Redis server, and between houses, as bytes.
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/bus/bus_record.h"
#include "protocols/bus/redis_codec.h"

using sluice::append_bus_field;
using sluice::format_redis_command;
using sluice::RedisReader;
using sluice::RedisValue;
using sluice::take_bus_field;

namespace {

void feed(RedisReader& reader, std::string_view text) {
  reader.feed(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

Test(redis_codec, formats_words_with_any_bytes) {
  const std::array<std::string_view, 3> words = {"SET", std::string_view("a\0\r\n", 4), ""};
  const std::string expected("*3\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n", 29);
  cr_assert(format_redis_command(words) == expected);
}

Test(redis_codec, reads_every_kind_of_answer_from_pieces) {
  RedisReader reader;
  const std::string text =
      "+OK\r\n-OOM full\r\n:-7\r\n$-1\r\n$3\r\na\nb\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n";
  std::vector<RedisValue> values;
  for (const char byte : text) {
    feed(reader, {&byte, 1});
    while (auto value = reader.next()) values.push_back(std::move(*value));
  }
  cr_assert_eq(values.size(), 6);
  cr_assert(values[0].kind == RedisValue::Kind::status && values[0].text == "OK");
  cr_assert(values[1].is_error() && values[1].text == "OOM full");
  cr_assert(values[2].kind == RedisValue::Kind::number && values[2].number == -7);
  cr_assert(values[3].is_nothing());
  cr_assert(values[4].kind == RedisValue::Kind::text && values[4].text == "a\nb");
  cr_assert_eq(values[5].list.size(), 2);
  cr_assert_eq(values[5].list[1].list.at(0).text, "x");
}

Test(redis_codec, bytes_of_another_protocol_are_an_error) {
  RedisReader reader;
  feed(reader, "HTTP/1.1 400 Bad Request\r\n\r\n");
  cr_assert_throw((void)reader.next(), std::runtime_error);
}

Test(redis_codec, an_answer_above_the_limit_is_an_error) {
  RedisReader reader;
  feed(reader, "$40000000\r\n");
  const std::string piece(RedisReader::kMaxAnswer / 4, 'x');
  cr_assert_not(reader.next().has_value());
  for (int i = 0; i < 3; ++i) feed(reader, piece);
  cr_assert_not(reader.next().has_value());
  cr_assert_throw(feed(reader, piece), std::runtime_error);
}

Test(redis_codec, whole_answers_do_not_count_against_the_limit) {
  RedisReader reader;
  const std::string piece(RedisReader::kMaxAnswer / 4, 'x');
  const std::string answer = "$" + std::to_string(piece.size()) + "\r\n" + piece + "\r\n";
  for (int i = 0; i < 6; ++i) {
    feed(reader, answer);
    const auto value = reader.next();
    cr_assert(value && value->text == piece);
  }
}

Test(bus_record, fields_come_back_as_they_were) {
  std::string text;
  for (const std::string_view field : {"", "12:", "a,b\n"}) append_bus_field(text, field);
  cr_assert_eq(text, "0:,3:12:,4:a,b\n,");
  std::string_view rest = text;
  cr_assert(take_bus_field(rest) == "");
  cr_assert(take_bus_field(rest) == "12:");
  cr_assert(take_bus_field(rest) == "a,b\n");
  cr_assert_not(take_bus_field(rest).has_value());
}

Test(bus_record, what_is_no_whole_netstring_is_left_alone) {
  for (const std::string_view text : {"", "3", "3:", "3:ab,", "3:abc", "3:abcd", ":a,", "-1:,",
                                      "99999999999999999999:a,", "18446744073709551615:a,"}) {
    std::string_view rest = text;
    cr_expect_not(take_bus_field(rest).has_value(), "%s", std::string(text).c_str());
    cr_expect_eq(rest, text);
  }
}
