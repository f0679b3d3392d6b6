// Lines that end in LF or CR LF.
//
//   hello LF        hello CR LF
//
// The limit applies to the line without its end. All other bytes are part of the payload, even NUL
// and a CR inside the line. encode() ends lines in LF, without a CR.
// A line that is too long can be skipped: the next one begins after the LF.
#ifndef SLUICE_PROTOCOLS_CODEC_LINE_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_LINE_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class LineCodec final : public Codec {
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
