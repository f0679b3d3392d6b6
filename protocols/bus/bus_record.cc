#include "bus_record.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace sluice {

void append_bus_field(std::string& to, std::string_view field) {
  to += std::to_string(field.size());
  to += ':';
  to += field;
  to += ',';
}

void append_bus_fields(std::string& to, std::initializer_list<std::string_view> fields) {
  for (const std::string_view field : fields) append_bus_field(to, field);
}

std::optional<std::string_view> take_bus_field(std::string_view& from) noexcept {
  std::size_t size = 0;
  const char* const end = from.data() + from.size();
  const auto [colon, error] = std::from_chars(from.data(), end, size);
  if (error != std::errc() || colon == end || *colon != ':') return std::nullopt;
  const std::string_view rest(colon + 1, static_cast<std::size_t>(end - colon) - 1);
  if (rest.size() <= size || rest[size] != ',') return std::nullopt;
  from = rest.substr(size + 1);
  return rest.substr(0, size);
}

}  // namespace sluice
