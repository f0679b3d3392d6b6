// Netstrings: the length in decimal digits, a colon, the payload, a comma.
//
//   12:hello world!,
//
// Source: D. J. Bernstein, "Netstrings", 1997-02-01. The length has no leading zeros; an empty
// message is "0:,".
// A frame that is too long can be skipped. After an invalid length, or another byte in place of the
// comma, the next frame cannot be found.
#ifndef SLUICE_PROTOCOLS_CODEC_NETSTRING_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_NETSTRING_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class NetstringCodec final : public Codec {
 public:
  static constexpr std::size_t kMaxDigits = 19;  // 10^19-1 is the highest that fits into 64 bits

  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
};

}  // namespace sluice

#endif
