#include "table.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/quote.h"
#include "../common/json_object.h"
#include "control_client.h"

namespace sluice::tools::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxCell = 256;  // bytes

struct Column {
  std::string name;
  bool numbers = true;
  std::size_t width = 0;
};

Json parsed(const std::string& row) {
  Json object = Json::parse(row, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) throw ProtocolError("the daemon's row is no JSON object: " + quote(row));
  return object;
}

std::string cell(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "-";
  if (!found->is_string()) return found->dump();
  const auto& text = found->get_ref<const std::string&>();
  return text.empty() ? "-" : escape(text, kMaxCell);
}

std::string padded(const std::string& text, const Column& column, bool last) {
  const std::string space(column.width - text.size(), ' ');
  if (column.numbers) return space + text;
  return last ? text : text + space;
}

}  // namespace

std::string table_of(std::span<const std::string> rows) {
  if (rows.empty()) return {};
  std::vector<Json> objects;
  for (const std::string& row : rows) objects.push_back(parsed(row));

  std::vector<Column> columns;
  for (const auto& [key, value] : objects.front().items()) {
    columns.push_back({.name = key, .numbers = true, .width = key.size()});
  }
  for (const Json& object : objects) {
    for (Column& column : columns) {
      column.width = std::max(column.width, cell(object, column.name).size());
      const auto value = object.find(column.name);
      if (value != object.end() && !value->is_number() && !value->is_null()) column.numbers = false;
    }
  }

  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    for (const Column& column : columns) {
      if (&column != &columns.front()) text += "  ";
      text += padded(cell_of(column), column, &column == &columns.back());
    }
    text += '\n';
  };
  add_line([](const Column& column) { return column.name; });
  for (const Json& object : objects) {
    add_line([&object](const Column& column) { return cell(object, column.name); });
  }
  return text;
}

std::string array_of(std::span<const std::string> rows) { return json_array(rows) + '\n'; }

}  // namespace sluice::tools::control
