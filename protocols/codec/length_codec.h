// Frames that begin with their length, in decimal digits or as a binary integer.
//
//   decimal:3   "005hello"           u16be   00 05 68 65 6c 6c 6f
//
// The length counts only the payload. A frame that is too long can be skipped. After a length with
// a byte that is not a digit, the next frame cannot be found.
// Sizes: a payload has at most 10^N-1 bytes with decimal:N, and 2^N-1 with an integer of N bits.
#ifndef SLUICE_PROTOCOLS_CODEC_LENGTH_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_LENGTH_CODEC_H

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "codec.h"

namespace sluice {

class DecimalCodec final : public Codec {
 public:
  static constexpr unsigned kMaxDigits = 19;  // 10^19-1 is the highest that fits into 64 bits

  // REQUIRES: 1 <= digits <= kMaxDigits. The digits are zero-padded on the wire.
  explicit DecimalCodec(unsigned digits);

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::uint64_t max_payload() const override { return max_; }
  [[nodiscard]] std::size_t default_limit() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;

  unsigned digits_;
  std::uint64_t max_;
};

class BinaryCodec final : public Codec {
 public:
  // `width` in bytes. REQUIRES: width is 1, 2, 4 or 8.
  BinaryCodec(unsigned width, std::endian order);

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  // "u8", "u16be", "u32le": a single byte has no byte order.
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::uint64_t max_payload() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
  // The index of the byte with the weight 256^power.
  [[nodiscard]] unsigned index_of(unsigned power) const noexcept {
    return order_ == std::endian::big ? width_ - 1 - power : power;
  }

  unsigned width_;
  std::endian order_;
};

}  // namespace sluice

#endif
