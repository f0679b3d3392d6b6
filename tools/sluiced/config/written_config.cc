#include "written_config.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "../../../reactor/base/text/utf8.h"
#include "../endpoints/socket_keys.h"
#include "../services/service_kinds.h"

namespace sluice::tools::daemon {
namespace {

std::string toml_value(const Key& key, const Value& value) {
  const std::string text = key.write(value);
  if (const bool* is_on = std::get_if<bool>(&value)) return *is_on ? "true" : "false";
  if (key.is_list()) {
    std::string array = "[";
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view word = rest.substr(0, rest.find(' '));
      array += (array.size() > 1 ? ", " : "") + toml_string(word);
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return array + ']';
  }
  const bool is_number = std::holds_alternative<std::uint64_t>(value) && !key.is_octal();
  return is_number ? text : toml_string(text);
}

// What holds although there is no value.
std::string without(const Key& key) {
  return key.text().without.empty() ? "none" : std::string(key.text().without);
}

bool applies(const Key& key, const ListenSpec& spec) {
  return key.applies(spec.scheme(), spec.speaks_websocket());
}

std::string endpoint_of(const ListenSpec& spec) {
  // A text with control characters is escaped for messages, and would be another path.
  const bool has_text = !spec.target.endpoint || spec.descriptor >= 0;
  const std::string endpoint = has_text ? spec.target.text : spec.written(spec.endpoint());
  std::string line = "  { endpoint = " + toml_string(endpoint);
  for (const Key* key : socket_keys()) {
    if (key == &kNameKey || !applies(*key, spec)) continue;
    if (const auto value = spec.settings.value(*key)) {
      line.append(", ").append(key->name()).append(" = ").append(toml_value(*key, *value));
    }
  }
  line += " },";
  for (const Key* key : socket_keys()) {
    if (key == &kNameKey || !applies(*key, spec) || spec.settings.value(*key)) continue;
    line.append(line.ends_with(',') ? "  # " : ", ").append(key->name());
    line += ": " + without(*key);
  }
  return line + '\n';
}

// `all` are the endpoints of one service, whose own keys are the same at each that has them.
std::string own_keys(const ServiceKind& kind, std::span<const ListenSpec> all) {
  std::string lines;
  const auto write = [&](const Key* key, bool is_of_messages) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const ListenSpec& each) {
      return applies(*key, each) && (!is_of_messages || each.speaks_websocket());
    });
    if (found == all.end()) return;
    const ListenSpec* const spec = &*found;
    const auto value = spec->settings.value(*key);
    const std::string name(key->name());
    lines += value ? name + " = " + toml_value(*key, *value) : "# " + name + ": " + without(*key);
    lines += '\n';
  };
  for (const Key* key : kind.keys) write(key, false);
  for (const Key* key : kind.websocket_keys) write(key, true);
  return lines;
}

}  // namespace

std::string toml_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    const std::string_view bytes = text.substr(0, next.size);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (next.kind != Utf8Character::Kind::whole) {
      out += "\\uFFFD";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[0];
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += bytes;
    }
    text.remove_prefix(next.size);
  }
  return out + '"';
}

std::string write_services(std::span<const ListenSpec> specs) {
  std::string text;
  while (!specs.empty()) {
    std::size_t count = 1;
    while (count < specs.size() && specs[count].service == specs[0].service) ++count;
    const ListenSpec& first = specs[0];
    text += "\n[[service]]\nkind = " + toml_string(first.kind) +
            "\nname = " + toml_string(service_name(first)) + "\nlisten = [\n";
    for (const ListenSpec& spec : specs.first(count)) text += endpoint_of(spec);
    text += "]\n" + own_keys(kind_of(first), specs.first(count));
    specs = specs.subspan(count);
  }
  return text;
}

}  // namespace sluice::tools::daemon
