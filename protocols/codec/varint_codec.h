// Frames that begin with their length as a varint, seven bits a byte, the lowest first.
//
//   300 bytes   ac 02 ...
//
// Source: the Protocol Buffers encoding, "Base 128 Varints". Only the shortest form of a length is
// read, at most 10 bytes and 64 bits, so that each message has one encoding.
// A frame that is too long can be skipped; a bad varint leaves no way to find the next frame.
#ifndef SLUICE_PROTOCOLS_CODEC_VARINT_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_VARINT_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class SLUICE_EXPORT VarintCodec final : public Codec {
 public:
  static constexpr std::size_t kMaxBytes = 10;  // of seven bits

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
};

}  // namespace sluice

#endif
