// One line of a list of words, such as the targets of a scan or the names of a lookup.
//
// What it is: words between white space, and comments after "#".
// Errors: UsageError if the first line of a list begins with a byte-order mark; what `use` throws.
// Thread: any.
#ifndef SLUICE_TOOLS_COMMON_LIST_LINE_H
#define SLUICE_TOOLS_COMMON_LIST_LINE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace sluice::tools {

inline constexpr std::size_t kMaxListLine = 64 * 1024;  // bytes

// Where a comment may begin: URLs contain a "#" themselves.
enum class Comments : std::uint8_t { anywhere, between_words };

// `number` is that of the line, from 1.
void read_list_line(std::string_view line, std::uint64_t number,
                    const std::function<void(std::string_view word)>& use,
                    Comments comments = Comments::anywhere);

}  // namespace sluice::tools

#endif
