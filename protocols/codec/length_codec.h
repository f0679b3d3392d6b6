// Frames that begin with their length: in decimal digits, or as a binary integer.
//
//   decimal:3   "005hello"           u16be   00 05 68 65 6c 6c 6f
//
// The length counts the payload alone. A frame that is too long can be skipped; a length that is
// not made of digits leaves no way to find the next frame.
// Sizes: decimal:N says up to 10^N-1, a binary integer what fits into it.
#ifndef SLUICE_PROTOCOLS_CODEC_LENGTH_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_LENGTH_CODEC_H

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "codec.h"

namespace sluice {

class SLUICE_EXPORT DecimalCodec final : public Codec {
 public:
  static constexpr unsigned kMaxDigits = 19;  // 10^19-1 is the last that fits into 64 bits

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

class SLUICE_EXPORT BinaryCodec final : public Codec {
 public:
  // `width` in bytes. REQUIRES: width is 1, 2, 4 or 8.
  BinaryCodec(unsigned width, std::endian order);

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  // "u8", "u16be", "u32le": the order of a single byte is not named.
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::uint64_t max_payload() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
  // Where the byte of weight 256^power stands.
  [[nodiscard]] unsigned place(unsigned power) const noexcept {
    return order_ == std::endian::big ? width_ - 1 - power : power;
  }

  unsigned width_;
  std::endian order_;
};

}  // namespace sluice

#endif
