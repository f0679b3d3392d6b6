// A TOML document as plain data: values with their places, in the order of the file.
//
// What it is: what the readers of the configuration need, and nothing of the library that parsed
// it. Only toml_file.cc includes that library. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_TOML_VALUE_H
#define SLUICE_TOOLS_SLUICED_CONFIG_TOML_VALUE_H

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools::daemon {

// Where something stands, both from 1. 0:0 is the file as a whole.
struct TomlPlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the 0 of `(a <=> b) < 0` for a pointer
  friend auto operator<=>(const TomlPlace&, const TomlPlace&) = default;
};

struct TomlEntry;

struct TomlValue {
  enum class Kind : std::uint8_t { string, integer, boolean, array, table, other };

  Kind kind = Kind::other;
  // A string's bytes; an integer in decimal, or in octal if it was written as 0o660; true or
  // false; of other: what it is, such as "a date".
  std::string text;
  bool octal = false;
  TomlPlace place;
  std::vector<TomlValue> items;    // of an array
  std::vector<TomlEntry> entries;  // of a table

  // Null if the table has no such key.
  [[nodiscard]] const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  TomlPlace place;  // of the key
  TomlValue value;
};

// "a string", "an array": for a message.
std::string_view name_of(const TomlValue& value) noexcept;

}  // namespace sluice::tools::daemon

#endif
