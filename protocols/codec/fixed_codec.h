// Frames of a fixed size, without a header or trailer.
//
// With a limit below that size every frame is rejected, and can be skipped.
#ifndef SLUICE_PROTOCOLS_CODEC_FIXED_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_FIXED_CODEC_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "codec.h"

namespace sluice {

class FixedCodec final : public Codec {
 public:
  static constexpr std::size_t kMaxSize = 2'147'483'647;

  // REQUIRES: 1 <= size <= kMaxSize. A frame of size 0 could not be detected in a stream.
  explicit FixedCodec(std::size_t size);

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::uint64_t max_payload() const override { return size_; }
  [[nodiscard]] std::size_t min_limit() const override { return size_; }
  [[nodiscard]] std::size_t default_limit() const override { return size_; }
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;

  std::size_t size_;
};

}  // namespace sluice

#endif
