#include "varint_codec.h"

#include <cstdint>

namespace sluice {
namespace {

constexpr std::byte kMore{0x80};

}  // namespace

Decoded VarintCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                               CodecScratch& /*scratch*/) const {
  std::uint64_t length = 0;
  const std::size_t seen = std::min(kMaxBytes, in.size());
  for (std::size_t i = 0; i < seen; ++i) {
    CodecError error;
    error.byte = in[i];
    error.offset = i;
    // The tenth byte has only one bit of the 64, and must be the last one.
    if (i + 1 == kMaxBytes && in[i] > std::byte{1}) {
      error.fault = CodecFault::varint_too_long;
      return reject_frame(progress, error);
    }
    if (i > 0 && in[i] == std::byte{0}) {
      error.fault = CodecFault::varint_not_shortest;
      return reject_frame(progress, error);
    }
    length |= std::to_integer<std::uint64_t>(in[i] & ~kMore) << 7 * i;
    if ((in[i] & kMore) == std::byte{0}) return decode_counted(in, limit, progress, i + 1, length);
  }
  return {};
}

Encoded VarintCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  Encoded result(payload);
  std::uint64_t rest = payload.size();
  for (; rest > 0x7f; rest >>= 7) result.add_header(static_cast<std::byte>(rest & 0x7f) | kMore);
  return result.add_header(static_cast<std::byte>(rest));
}

std::string VarintCodec::name() const { return "varint"; }

std::size_t VarintCodec::max_frame_size(std::size_t limit) const {
  return kMaxBytes + std::min(limit, kMaxLimit);
}

}  // namespace sluice
