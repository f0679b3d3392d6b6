// Lines: what stands before each LF, less a CR at its end.
//
//   hello LF        hello CR LF
//
// The limit is on the line without its end. Every other byte is the payload's, NUL and a CR inside
// the line too. Lines are sent with LF alone.
// A line that is too long can be skipped: the next one begins behind the LF.
#ifndef SLUICE_PROTOCOLS_CODEC_LINE_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_LINE_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class SLUICE_EXPORT LineCodec final : public Codec {
 public:
  [[nodiscard]] Resync resync(Bytes in) const override;
  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
};

}  // namespace sluice

#endif
