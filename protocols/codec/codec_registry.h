// Codecs by name: "decimal:3", "u16be", "line".
//
// What it is: the one table of wire formats, for the daemon, the client and the tests.
// Thread: any. Errors: parse_codec() returns them; make_codec() throws std::invalid_argument. Both
// may throw std::bad_alloc.
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
  std::string_view form;     // how to write the name: "decimal:N", "u8", "delimiter:HEX"
  std::string_view example;  // a name that parse_codec() accepts: "decimal:3", "u8"
  std::string_view summary;  // a description of a frame, in a few words
};

// All families, in the order in which messages list them. The span stays valid until the program
// ends.
SLUICE_EXPORT std::span<const CodecFamily> codec_families() noexcept;

struct CodecNameError {
  std::string message;  // one line: what was read, what is wrong, what is allowed
};

using ParsedCodec = std::variant<std::unique_ptr<const Codec>, CodecNameError>;

// Makes a codec from its name. "decimal" means decimal:3. Names are in lower case; HEX may be in
// upper or lower case.
SLUICE_EXPORT ParsedCodec parse_codec(std::string_view name);

// The same for a name that is part of the program. Throws std::invalid_argument.
SLUICE_EXPORT std::unique_ptr<const Codec> make_codec(std::string_view name);

}  // namespace sluice

#endif
