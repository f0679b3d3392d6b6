// Frames that end in a delimiter of 1 to 16 bytes, which is not part of the payload.
//
//   delimiter:0d0a   hello CR LF
//
// The first occurrence of the delimiter ends the frame. So a payload cannot contain it, and cannot
// end in bytes that would make it occur early; encode() rejects both. The limit applies to the
// payload. A frame that is too long can be skipped: the next one begins after the delimiter.
#ifndef SLUICE_PROTOCOLS_CODEC_DELIMITER_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_DELIMITER_CODEC_H

#include <array>
#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class DelimiterCodec final : public Codec {
 public:
  static constexpr std::size_t kMaxDelimiter = Encoded::kMaxTrailer;

  // Copies the delimiter. REQUIRES: 1 <= delimiter.size() <= kMaxDelimiter.
  explicit DelimiterCodec(Bytes delimiter);

  [[nodiscard]] Resync resync(Bytes in) const override;
  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
  [[nodiscard]] Bytes delimiter() const noexcept { return Bytes(bytes_).first(size_); }
  [[nodiscard]] std::size_t find(Bytes in, std::size_t from) const noexcept;

  std::array<std::byte, kMaxDelimiter> bytes_{};
  std::size_t size_;
};

}  // namespace sluice

#endif
