#include "codec_error.h"

#include <string_view>

namespace sluice {
namespace {

std::string hex(std::byte byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = std::to_integer<unsigned>(byte);
  return {'0', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

std::string byte_where(std::byte byte, std::string_view rest) {
  return "byte " + hex(byte) + " " + std::string(rest);
}

std::string too_long(std::uint64_t found, std::uint64_t allowed) {
  const std::string limit = std::to_string(allowed);
  if (found == 0) return "the message has no end within the limit of " + limit + " bytes";
  return "a message of " + std::to_string(found) + " bytes is above the limit of " + limit;
}

}  // namespace

std::string CodecError::message() const {
  switch (fault) {
    case CodecFault::none:
      return "no fault";
    case CodecFault::too_long:
      return too_long(found, allowed);
    case CodecFault::not_a_digit:
      return byte_where(byte, "in the length is not a digit; allowed: 0-9");
    case CodecFault::no_digit:
      return byte_where(byte, "begins a netstring; allowed: the digits 0-9");
    case CodecFault::leading_zero:
      return "the length has a leading zero; only the length 0 may begin with 0";
    case CodecFault::too_many_digits:
      return "the length has more than " + std::to_string(allowed) + " digits";
    case CodecFault::no_colon:
      return byte_where(byte, "follows the digits of the length; allowed: a digit or \":\"");
    case CodecFault::no_comma:
      return byte_where(byte, "follows the payload; allowed: \",\"");
    case CodecFault::varint_not_shortest:
      return "the varint ends in a zero byte; only the shortest form is allowed";
    case CodecFault::varint_too_long:
      return "the varint has more than 64 bits; a tenth byte must be 0x01";
    case CodecFault::bad_escape:
      return byte_where(byte, "follows ESC (0xdb); allowed: 0xdc or 0xdd");
    case CodecFault::ends_early:
      return "the input ends inside a frame, after " + std::to_string(found) +
             (found == 1 ? " byte" : " bytes");
    case CodecFault::payload_too_long:
      return "a payload of " + std::to_string(found) + " bytes is above the maximum of " +
             std::to_string(allowed) + " for its length field";
    case CodecFault::wrong_size:
      return "a payload of " + std::to_string(found) +
             " bytes has the wrong size; allowed: " + std::to_string(allowed);
    case CodecFault::contains_delimiter:
      return "the receiver would end the message at byte " + std::to_string(offset) + " of " +
             std::to_string(found);
    case CodecFault::ends_in_cr:
      return "the payload ends in CR, which the receiver would strip";
    case CodecFault::empty_payload:
      return "the payload is empty; slip has no empty frame";
  }
  return "unknown fault";
}

}  // namespace sluice
