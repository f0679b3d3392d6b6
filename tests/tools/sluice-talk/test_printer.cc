// What a message looks like as text, in hex and as JSON.
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/base/text/quote.h"
#include "tools/sluice-talk/printer.h"

using sluice::tools::talk::PrintFormat;
using sluice::tools::talk::PrintOptions;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

std::string shown(std::string_view text, const PrintOptions& options) {
  return sluice::tools::talk::printed({"127.0.0.1:7007", std::chrono::system_clock::time_point(1ms),
                                       std::as_bytes(std::span(text))},
                                      options);
}

std::string base64_of(std::string_view text) {
  return sluice::base64(std::as_bytes(std::span(text)));
}

PrintOptions format(PrintFormat format) {
  PrintOptions options;
  options.format = format;
  return options;
}

}  // namespace

Test(printer, text_gets_a_newline_unless_it_ends_in_one) {
  cr_expect(shown("a", {}) == "a\n");
  cr_expect(shown("a\n", {}) == "a\n");
  cr_expect(shown("", {}) == "\n");
  cr_expect(shown("a\n\n", {}) == "a\n\n");
}

Test(printer, what_is_not_framed_gets_none) {
  PrintOptions options;
  options.framed = false;
  cr_expect(shown("ab", options) == "ab");
}

Test(printer, the_sender_stands_before_the_text) {
  PrintOptions options;
  options.sender = true;
  cr_expect(shown("a", options) == "127.0.0.1:7007 a\n");
  cr_expect(shown("", options) == "127.0.0.1:7007 \n");
  cr_expect(shown("\n", options) == "127.0.0.1:7007 \n");
  options.format = PrintFormat::hex;
  cr_expect(shown("", options) == "127.0.0.1:7007\n00000000\n");
}

Test(printer, a_pipe_gets_every_byte_and_a_terminal_no_control_character) {
  PrintOptions options;
  cr_expect(shown("\x1b[2J\0\xff"sv, options) == "\x1b[2J\0\xff\n"sv);
  options.terminal = true;
  cr_expect(shown("\x1b[2J\0\xff"sv, options) == "\\x1b[2J\\x00\\xff\n");
  cr_expect(shown("\xc2\x9b"
                  "31m",
                  options) == "\\xc2\\x9b31m\n");  // C1: CSI in one character
}

Test(printer, hex_has_offsets_bytes_and_characters_and_ends_with_the_length) {
  cr_expect(shown("", format(PrintFormat::hex)) == "00000000\n");
  cr_expect(shown("0123456789abcdef\x7f", format(PrintFormat::hex)) ==
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
            "00000010  7f                                                |.|\n"
            "00000011\n");
}

Test(printer, json_is_one_line_that_reads_back) {
  const std::string text = "\"\\\n\r\t\x01\x7f \xc3\xa9 \xf0\x9f\x98\x80";
  for (const bool terminal : {false, true}) {
    PrintOptions options = format(PrintFormat::json);
    options.terminal = terminal;
    const std::string line = shown(text, options);
    cr_expect(line.find('\n') == line.size() - 1);
    const auto object = nlohmann::json::parse(line);
    cr_expect(object["text"] == text);
    cr_expect(object["size"] == text.size());
    cr_expect(object["from"] == "127.0.0.1:7007");
    cr_expect(object["time"] == "1970-01-01T00:00:00.001Z");
    cr_expect(object.size() == 4);
  }
}

Test(printer, json_for_a_terminal_is_ascii) {
  PrintOptions options = format(PrintFormat::json);
  options.terminal = true;
  for (const char c : shown("\xc2\x9b"
                            "31m",
                            options))
    cr_expect(static_cast<signed char>(c) >= 0);
}

Test(printer, json_has_base64_where_the_bytes_are_not_utf8) {
  for (const std::string_view bytes : {"\xff"sv, "a\xc3"sv, "\xc0\x80"sv, "\xed\xa0\x80"sv}) {
    const auto object = nlohmann::json::parse(shown(bytes, format(PrintFormat::json)));
    cr_expect(!object.contains("text"));
    cr_expect(object["base64"] == base64_of(bytes));
  }
}
