// Decodes the frames of one stream, one after the other.
//
// What it is: a codec, a limit, and the state of one stream; small enough for each connection to
// have one. It does not buffer the stream. The caller keeps the bytes that decode() has not
// consumed, as a connection does anyway, and passes them again together with the new ones. The cost
// is linear in the number of bytes, even if they arrive one at a time.
// Lifetime: REQUIRES that the codec outlives it. Thread: any, one at a time.
// Errors: of the stream, in Decoded::error; std::bad_alloc from the scratch.
// Units: bytes.
#ifndef SLUICE_PROTOCOLS_CODEC_DECODER_H
#define SLUICE_PROTOCOLS_CODEC_DECODER_H

#include <cstddef>
#include <cstdint>
#include <span>

#include "../../reactor/base/export.h"
#include "codec.h"

namespace sluice {

class SLUICE_EXPORT Decoder {
 public:
  // A payload above `limit` is rejected as soon as its length is known.
  Decoder(const Codec& codec, std::size_t limit) noexcept : codec_(&codec), limit_(limit) {}

  // Decodes the next frame. REQUIRES: the next `in` begins `consumed` bytes further on, whatever
  // the status. After need_more the result is the same until more bytes arrive. After an error,
  // without skip(), the result is the same error again. Its offset counts from the start of the
  // stream.
  [[nodiscard]] Decoded decode(std::span<const std::byte> in, CodecScratch& scratch);

  // Makes the following decode()s drop the rejected frame as it arrives, and continue with the
  // frame after it. They leave at most the first bytes of a delimiter unconsumed.
  // REQUIRES: the last decode() returned an error with can_skip.
  void skip() noexcept;

  // The stream has ended, and the last decode() returned need_more and left `unconsumed` bytes.
  // Returns the error ends_early if these are part of a frame. A frame that is being skipped is no
  // error, because it has been rejected already.
  [[nodiscard]] CodecError end(std::size_t unconsumed) const noexcept;

  [[nodiscard]] const Codec& codec() const noexcept { return *codec_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  // Bytes consumed since the start of the stream.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  // The end of a frame that is being skipped has not arrived yet.
  [[nodiscard]] bool is_skipping() const noexcept { return skip_ != Skip::none; }

 private:
  enum class Skip : std::uint8_t { none, counted, searched };
  SLUICE_LOCAL Decoded next(std::span<const std::byte> in, std::size_t dropped,
                            CodecScratch& scratch);
  SLUICE_LOCAL std::size_t drop(std::span<const std::byte> in);

  const Codec* codec_;
  std::size_t limit_;
  DecodeProgress progress_;
  std::uint64_t position_ = 0;
  std::uint64_t skip_left_ = 0;  // counted: bytes left to skip; before skip(): the frame_size
  Skip skip_ = Skip::none;
  bool can_skip_ = false;
};

}  // namespace sluice

#endif
