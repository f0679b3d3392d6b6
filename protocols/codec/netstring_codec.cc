#include "netstring_codec.h"

#include <cstdint>

namespace sluice {
namespace {

CodecError error_at(std::size_t offset, std::byte byte, CodecFault fault) {
  CodecError error{.fault = fault};
  error.byte = byte;
  error.offset = offset;
  error.allowed = NetstringCodec::kMaxDigits;
  return error;
}

}  // namespace

Decoded NetstringCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                                  CodecScratch& /*scratch*/) const {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const auto digit = std::to_integer<unsigned>(in[i]) - '0';
    if (digit <= 9) {
      if (i == 1 && length == 0) {
        return reject_frame(progress, error_at(0, in[0], CodecFault::leading_zero));
      }
      if (i == kMaxDigits) {
        return reject_frame(progress, error_at(i, in[i], CodecFault::too_many_digits));
      }
      length = length * 10 + digit;
      continue;
    }
    if (i == 0) return reject_frame(progress, error_at(i, in[i], CodecFault::no_digit));
    if (in[i] != std::byte{':'})
      return reject_frame(progress, error_at(i, in[i], CodecFault::no_colon));

    // Checked before decode_counted(), so that its result is returned without a copy.
    const std::size_t after_colon = in.size() - (i + 1);
    if (length <= limit && length < after_colon) {
      const std::size_t comma = i + 1 + static_cast<std::size_t>(length);
      if (in[comma] != std::byte{','}) {
        return reject_frame(progress, error_at(comma, in[comma], CodecFault::no_comma));
      }
    }
    return decode_counted(in, limit, progress, i + 1, length, 1);
  }
  return {};
}

Encoded NetstringCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  constexpr std::byte kComma{','};
  return Encoded(payload)
      .add_header(std::to_string(payload.size()))
      .add_header(":")
      .add_trailer(std::span(&kComma, 1));
}

std::string NetstringCodec::name() const { return "netstring"; }

std::size_t NetstringCodec::max_frame_size(std::size_t limit) const {
  return kMaxDigits + 2 + std::min(limit, kMaxLimit);
}

}  // namespace sluice
