#include "written_listen.h"

#include <cstddef>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::daemon {
namespace {

// What the escape stands for, or 0.
char unescaped(std::string_view escape) {
  switch (escape.size() < 2 ? '\0' : escape[1]) {
    case ',':
    case '\\':
      return escape[1];
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      return '\0';
  }
}

// Splits at the commas that no backslash precedes.
std::vector<std::string> split(std::string_view text, SettingErrors& errors) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      fields.emplace_back();
    } else if (text[i] == '\\') {
      const std::string_view escape = text.substr(i, 2);
      const char stands_for = unescaped(escape);
      if (stands_for == '\0') {
        errors.push_back({"", quote(escape) + R"( is not an escape; allowed: \, \\ \n and \r)"});
      }
      fields.back() += stands_for;
      ++i;
    } else {
      fields.back() += text[i];
    }
  }
  return fields;
}

}  // namespace

std::optional<WrittenListen> split_listen(std::string_view text, SettingErrors& errors) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) {
    errors.push_back(
        {"", "there is no = after the service name; allowed: NAME=ENDPOINT[,KEY=VALUE]..."});
    return {};
  }
  WrittenListen written;
  written.kind = text.substr(0, equals);
  const std::vector<std::string> fields = split(text.substr(equals + 1), errors);
  written.endpoint = fields.front();
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const std::string_view field = fields[i];
    const std::size_t end = field.find('=');
    if (end == field.npos) {
      errors.push_back({"", quote(field) + " is not KEY=VALUE"});
    } else {
      written.keys.emplace_back(field.substr(0, end), field.substr(end + 1));
    }
  }
  return written;
}

}  // namespace sluice::tools::daemon
