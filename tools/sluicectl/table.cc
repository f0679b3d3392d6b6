#include "table.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../reactor/base/text/quote.h"
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

void sort_rows(std::vector<std::string>& rows, const std::string& key) {
  struct Row {
    std::string text;
    Json value;  // null: none
  };
  std::vector<Row> sorted;
  sorted.reserve(rows.size());
  std::string keys;
  bool is_known = rows.empty();
  for (std::string& row : rows) {
    Json object = parsed(row);
    const auto found = object.find(key);
    is_known = is_known || found != object.end();
    if (sorted.empty()) {
      for (const auto& [name, value] : object.items()) keys += (keys.empty() ? "" : ", ") + name;
    }
    sorted.push_back({std::move(row), found == object.end() ? Json() : *found});
  }
  if (!is_known) {
    throw std::invalid_argument("--sort " + quote(key) + ": no row has this key; allowed: " + keys);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) {
    if (a.value.is_null() || b.value.is_null()) return !a.value.is_null() && b.value.is_null();
    return a.value.is_number() && b.value.is_number() ? b.value < a.value : a.value < b.value;
  });
  std::transform(sorted.begin(), sorted.end(), rows.begin(),
                 [](Row& row) { return std::move(row.text); });
}

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

std::string event_of(const std::string& row) {
  const Json object = parsed(row);
  std::string line;
  for (const auto& [key, value] : object.items()) {
    if (!line.empty()) line += ' ';
    const std::string text = cell(object, key);
    if (key != "time" && key != "event") line += escape(key, kMaxCell) + '=';
    line += text.find(' ') == text.npos ? text : '"' + text + '"';
  }
  return line + '\n';
}

std::string array_of(std::span<const std::string> rows) { return json_array(rows) + '\n'; }

}  // namespace sluice::tools::control
