// The only source that includes toml++, which takes seconds to compile.
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include "toml_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::daemon {
namespace {

using Kind = TomlValue::Kind;

constexpr std::size_t kMaxMessage = 256;

TomlPlace place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

std::string octal(std::int64_t number) {
  std::string digits;
  for (auto rest = static_cast<std::uint64_t>(number); rest != 0; rest >>= 3U) {
    digits.insert(digits.begin(), static_cast<char>('0' + (rest & 7U)));
  }
  return '0' + digits;
}

TomlValue value_of(const toml::node& node, std::size_t depth);

std::vector<TomlEntry> entries_of(const toml::table& table, std::size_t depth) {
  std::vector<TomlEntry> entries;
  for (const auto& [key, node] : table) {
    entries.push_back({std::string(key.str()), place_of(key.source()), value_of(node, depth)});
  }
  // The library keeps them by name.
  std::stable_sort(
      entries.begin(), entries.end(),
      [](const TomlEntry& one, const TomlEntry& other) { return one.place < other.place; });
  return entries;
}

TomlValue value_of(const toml::node& node, std::size_t depth) {
  TomlValue value;
  value.place = place_of(node.source());
  if (depth == 0) {
    value.text = "nested more than " + std::to_string(kMaxTomlDepth) + " deep";
  } else if (const auto* table = node.as_table()) {
    value.kind = Kind::table;
    value.entries = entries_of(*table, depth - 1);
  } else if (const auto* array = node.as_array()) {
    value.kind = Kind::array;
    for (const toml::node& item : *array) value.items.push_back(value_of(item, depth - 1));
  } else if (const auto* string = node.as_string()) {
    value.kind = Kind::string;
    value.text = string->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Kind::integer;
    value.octal = (integer->flags() & toml::value_flags::format_as_octal) ==
                  toml::value_flags::format_as_octal;
    value.text = value.octal ? octal(integer->get()) : std::to_string(integer->get());
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Kind::boolean;
    value.text = boolean->get() ? "true" : "false";
  } else {
    value.text = node.is_floating_point() ? "a floating-point number" : "a date or a time";
  }
  return value;
}

}  // namespace

const TomlEntry* TomlValue::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [key](const TomlEntry& each) { return each.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string_view name_of(const TomlValue& value) noexcept {
  switch (value.kind) {
    case Kind::string:
      return "a string";
    case Kind::integer:
      return "an integer";
    case Kind::boolean:
      return "a boolean";
    case Kind::array:
      return "an array";
    case Kind::table:
      return "a table";
    case Kind::other:
      break;
  }
  return value.text;
}

std::optional<TomlValue> parse_toml(std::string_view text, ConfigFaults& faults) {
  try {
    return value_of(toml::parse(text), kMaxTomlDepth);
  } catch (const toml::parse_error& error) {
    faults.add(place_of(error.source()), escape(error.description(), kMaxMessage));
  }
  return {};
}

}  // namespace sluice::tools::daemon
