// Codecs by name: "decimal:3", "u16be", "line".
//
// What it is: one table of the wire formats, which daemon, client and tests all read from.
// Thread: any. Errors: parse returns them; from() throws std::invalid_argument; both may throw
// std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_CODEC_CODEC_REGISTRY_H
#define SLUICE_PROTOCOLS_CODEC_CODEC_REGISTRY_H

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "../../reactor/base/export.h"
#include "codec.h"

namespace sluice {

struct CodecFamily {
  std::string_view form;     // as it is written: "decimal:N", "u8", "delimiter:HEX"
  std::string_view example;  // a name that parse_codec() reads: "decimal:3", "u8"
  std::string_view summary;  // what a frame is, a few words
};

// Every name that there is, in the order in which messages list them. Lives as long as the program.
SLUICE_EXPORT std::span<const CodecFamily> codec_families() noexcept;

struct CodecNameError {
  std::string message;  // what is wrong, what was read, what is allowed: one line
};

using ParsedCodec = std::variant<std::unique_ptr<const Codec>, CodecNameError>;

// Reads a name. "decimal" alone is decimal:3. Names are in lower case; HEX may be in either.
SLUICE_EXPORT ParsedCodec parse_codec(std::string_view name);

// The same for a name that the program holds itself. Throws std::invalid_argument.
SLUICE_EXPORT std::unique_ptr<const Codec> codec_from(std::string_view name);

}  // namespace sluice

#endif
