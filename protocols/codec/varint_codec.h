// Frames that begin with their length as a varint: seven bits in each byte, the lowest first.
//
//   300 bytes   ac 02 ...
//
// Source: the Protocol Buffers encoding, "Base 128 Varints". A length must be in its shortest
// form, so that each message has one encoding, and has at most 10 bytes and 64 bits.
// A frame that is too long can be skipped. After an invalid varint the next frame cannot be found.
#ifndef SLUICE_PROTOCOLS_CODEC_VARINT_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_VARINT_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class VarintCodec final : public Codec {
 public:
  static constexpr std::size_t kMaxBytes = 10;  // of seven bits each

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
};

}  // namespace sluice

#endif
