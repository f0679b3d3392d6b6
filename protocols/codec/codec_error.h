// Why a codec rejected a frame, or a payload that it cannot encode.
//
// What it is: a plain value that allocates nothing. message() makes the text on request.
// Thread: any. Errors: message() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_CODEC_CODEC_ERROR_H
#define SLUICE_PROTOCOLS_CODEC_CODEC_ERROR_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "../../reactor/base/export.h"

namespace sluice {

enum class CodecFault : std::uint8_t {
  none,
  // From decode().
  too_long,             // above the limit `allowed`; `found` is the length, 0 if it is not known
  not_a_digit,          // decimal: `byte` is in the length
  no_digit,             // netstring: it begins with `byte`
  leading_zero,         // netstring
  too_many_digits,      // netstring: more than `allowed`
  no_colon,             // netstring: `byte` follows the digits, and is neither a digit nor ":"
  no_comma,             // netstring: `byte` follows the payload
  varint_not_shortest,  // its last byte is zero
  varint_too_long,      // more than 64 bits
  bad_escape,           // slip: `byte` follows ESC
  ends_early,           // from Decoder::end(): the input ends after `found` bytes of a frame
  // From encode().
  payload_too_long,    // `found` bytes; the length in the header can be at most `allowed`
  wrong_size,          // fixed: `found` bytes, but the format has `allowed`
  contains_delimiter,  // the receiver would end the message at `offset`
  ends_in_cr,          // line: the receiver would strip the CR
  empty_payload        // slip has no empty frame
};

struct SLUICE_EXPORT CodecError {
  CodecFault fault = CodecFault::none;
  // From decode(): Decoder::skip() can find the end of the frame and continue after it.
  bool can_skip = false;
  std::byte byte{};  // the wrong byte, if the fault is a single byte
  // The place of the fault. A Decoder counts from the start of the stream, a Codec from in[0].
  std::uint64_t offset = 0;
  std::uint64_t found = 0;
  std::uint64_t allowed = 0;
  // From decode(), if the length of the rejected frame is known: the size of the whole frame on the
  // wire.
  std::uint64_t frame_size = 0;

  explicit operator bool() const noexcept { return fault != CodecFault::none; }
  // Says what was read and what is allowed, in one line of ASCII, without the offset.
  [[nodiscard]] std::string message() const;
};

}  // namespace sluice

#endif
