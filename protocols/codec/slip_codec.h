// SLIP: frames between END bytes, with END and ESC escaped inside.
//
//   c0 hello c0      END is c0, escaped as db dc; ESC is db, escaped as db dd
//
// Source: RFC 1055. Like its send_packet(), encode() also begins with END, which separates the
// frame from noise before it. Like its recv_packet(), decode() ignores two ENDs in a row, so there
// is no empty frame. Unlike RFC 1055, decode() rejects ESC before any byte but dc and dd.
//
// The payload of a frame without escapes points into the input. A frame with escapes is unescaped
// into the scratch when its END arrives. Until then it stays in the input, with at most two bytes
// for each byte of the limit. ENDs in a row are consumed as they arrive.
// Any rejected frame can be skipped: the next one begins after the END.
#ifndef SLUICE_PROTOCOLS_CODEC_SLIP_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_SLIP_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class SlipCodec final : public Codec {
 public:
  [[nodiscard]] Resync resync(Bytes in) const override;
  // Copies the payload into scratch.encoded only if it contains END or ESC.
  [[nodiscard]] Encoded encode(Bytes payload, CodecScratch& scratch) const override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::size_t min_limit() const override { return 1; }
  [[nodiscard]] std::size_t max_frame_size(std::size_t limit) const override;

 private:
  Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                    CodecScratch& scratch) const override;
};

}  // namespace sluice

#endif
