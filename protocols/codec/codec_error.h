// Why a codec refused a frame, or a payload that cannot be framed.
//
// What it is: a value without memory, made for every refusal; message() makes the text when
// somebody wants it. Thread: any. Errors: message() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_CODEC_CODEC_ERROR_H
#define SLUICE_PROTOCOLS_CODEC_CODEC_ERROR_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "../../reactor/base/export.h"

namespace sluice {

enum class CodecFault : std::uint8_t {
  none,
  // Of decode().
  too_long,             // above the limit; `found` is the promised length, 0 when none was
  not_a_digit,          // decimal
  no_digit,             // netstring: what begins it is none
  leading_zero,         // netstring
  too_many_digits,      // netstring; `allowed`
  no_colon,             // netstring: what follows the digits is neither one more nor ":"
  no_comma,             // netstring: what follows the payload
  varint_not_shortest,  // its last byte adds nothing
  varint_too_long,      // more than 64 bits
  bad_escape,           // slip: what follows ESC
  ends_early,           // of Decoder::end(): `found` bytes of a frame are there
  // Of encode().
  unsayable,        // `found` is more than the header can say, `allowed` the most
  wrong_size,       // fixed: `found`, `allowed`
  holds_delimiter,  // the receiver would see the end at `offset`
  ends_in_cr,       // line: the receiver would strip it
  no_payload        // slip has no empty frame
};

struct SLUICE_EXPORT CodecError {
  CodecFault fault = CodecFault::none;
  // decode(): Decoder::skip() can find the frame's end and go on behind it.
  bool can_skip = false;
  std::byte byte{};          // the one that is wrong, for faults of a single byte
  std::uint64_t offset = 0;  // where: Decoder counts from the stream's start, a Codec from in[0]
  std::uint64_t found = 0;
  std::uint64_t allowed = 0;
  // decode() of a refused frame whose length is known: its bytes on the wire, header and all.
  std::uint64_t frame_size = 0;

  explicit operator bool() const noexcept { return fault != CodecFault::none; }
  // What was read and what is allowed, one line of ASCII without the offset.
  [[nodiscard]] std::string message() const;
};

}  // namespace sluice

#endif
