#include "json_object.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sluice::tools {
namespace {

using Json = nlohmann::json;

bool is_plain(char c) noexcept { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

// The library is asked where something is to be escaped; nearly all texts are plain.
std::string json_string(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  }
  std::string quoted;
  quoted.reserve(text.size() + 2);
  return quoted.append("\"").append(text).append("\"");
}

std::optional<std::string> json_string_as_utf8(std::string_view text) {
  try {
    return Json(text).dump();
  } catch (const Json::type_error&) {
    return std::nullopt;
  }
}

std::string json_array(std::span<const std::string> values) {
  std::string text = "[";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    text += value;
  }
  return text + ']';
}

void JsonObject::add_fraction(std::string_view key, double number) {
  add(key, Json(number).dump());
}

void JsonObject::add(std::string_view key, std::string_view json) {
  members_ += members_.empty() ? "{\"" : ",\"";
  members_.append(key).append("\":").append(json);
}

}  // namespace sluice::tools
