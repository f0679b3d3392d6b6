// A JSON object, written member by member.
//
// What it is: text that grows. nlohmann-json escapes what has to be; its tree of values is not
// used, because one that holds others asks for memory to be freed, and ends the program where there
// is none.
// Errors: may throw std::bad_alloc. Thread: any. Source: RFC 8259.
#ifndef SLUICE_TOOLS_COMMON_JSON_OBJECT_H
#define SLUICE_TOOLS_COMMON_JSON_OBJECT_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::tools {

// A string of JSON, with its quotation marks. It is ASCII: other characters become \uXXXX, so that
// no terminal obeys any of them, and bytes that are not UTF-8 are replaced.
std::string json_string(std::string_view text);
// The same in UTF-8, which loses nothing of the text. Empty if the text is not UTF-8.
std::optional<std::string> json_string_as_utf8(std::string_view text);

// "[1,2]". REQUIRES: each is JSON.
std::string json_array(std::span<const std::string> values);

class JsonObject {
 public:
  // REQUIRES: a `key` of printable ASCII without a quotation mark or a backslash.
  void add_text(std::string_view key, std::string_view text) { add(key, json_string(text)); }
  void add_number(std::string_view key, std::int64_t number) { add(key, std::to_string(number)); }
  void add_number(std::string_view key, std::uint64_t number) { add(key, std::to_string(number)); }
  void add_fraction(std::string_view key, double number);
  void add_truth(std::string_view key, bool truth) { add(key, truth ? "true" : "false"); }
  void add_null(std::string_view key) { add(key, "null"); }
  void add(std::string_view key, std::string_view json);

  [[nodiscard]] std::string text() const { return members_.empty() ? "{}" : members_ + '}'; }
  [[nodiscard]] std::string line() const { return text() + '\n'; }

 private:
  std::string members_;  // with the brace that begins them
};

}  // namespace sluice::tools

#endif
