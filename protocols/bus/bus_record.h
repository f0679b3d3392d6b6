// The form of what houses say to each other: lists of texts, as netstrings.
//
//   5:hello,3:ann,
//
// What it is: pure functions. A list may contain lists, because a netstring may contain any bytes.
// Thread: any. Errors: std::bad_alloc. Source: D. J. Bernstein, Netstrings, 1997.
#ifndef SLUICE_PROTOCOLS_BUS_BUS_RECORD_H
#define SLUICE_PROTOCOLS_BUS_BUS_RECORD_H

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

void append_bus_field(std::string& to, std::string_view field);
void append_bus_fields(std::string& to, std::initializer_list<std::string_view> fields);

// Removes the first field from `from` and returns it. Nothing if `from` does not begin with a whole
// netstring; `from` is then unchanged.
[[nodiscard]] std::optional<std::string_view> take_bus_field(std::string_view& from) noexcept;

}  // namespace sluice

#endif
