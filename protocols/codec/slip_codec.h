// SLIP: frames between END bytes, with END and ESC escaped inside.
//
//   c0 hello c0      END is c0, written db dc; ESC is db, written db dd
//
// Source: RFC 1055. As its send_packet() does, encode() also begins with END, which cuts off what
// noise came before; as its recv_packet() does, decode() takes nothing between two ENDs for no
// frame, so there is no empty one. What follows ESC must be dc or dd: RFC 1055 lets others pass.
//
// A frame without an escape is handed out where it lies. One with escapes is unescaped into the
// scratch once its END is there; until then its bytes wait in the input, at most two for each byte
// of the limit. ENDs in a row are consumed as they come.
// Any refused frame can be skipped: the next one begins behind the END.
#ifndef SLUICE_PROTOCOLS_CODEC_SLIP_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_SLIP_CODEC_H

#include <cstddef>
#include <string>

#include "codec.h"

namespace sluice {

class SLUICE_EXPORT SlipCodec final : public Codec {
 public:
  [[nodiscard]] Resync resync(Bytes in) const override;
  // Copies a payload that holds END or ESC, and only that, into scratch.encoded.
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
