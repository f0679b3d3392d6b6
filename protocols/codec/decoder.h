// The frames of one stream, one after the other.
//
// What it is: a codec, a limit, and how far into the stream it has looked: small enough for each
// connection to have one. It holds none of the stream's bytes; the caller keeps what decode() has
// not consumed, which a connection does anyway, and shows it again with what came since. Each byte
// is looked at a bounded number of times however small the pieces.
// Lifetime: REQUIRES that the codec outlives it. Thread: none of its own.
// Errors: of the stream in Decoded::error; std::bad_alloc from the scratch.
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
  // No payload above `limit` is handed out, or waited for.
  Decoder(const Codec& codec, std::size_t limit) noexcept : codec_(&codec), limit_(limit) {}

  // The next frame. The next `in` begins `consumed` bytes further on, whatever the status; with
  // need_more it has more bytes too, or else the answer is the same.
  // An error stays: asked again, it is the same error again. Its offset counts from the first byte
  // that this decoder was shown.
  [[nodiscard]] Decoded decode(std::span<const std::byte> in, CodecScratch& scratch);

  // The refused frame is dropped by the following decode()s as it arrives, none of it kept but the
  // few bytes of a delimiter that may be its end. REQUIRES: the last decode() returned an error
  // with can_skip.
  void skip() noexcept;

  // No more bytes will come, and `unconsumed` were left by the last decode(), which returned
  // need_more: the error if that is the middle of a frame, ends_early. None inside of a frame that
  // is skipped, which was refused already.
  [[nodiscard]] CodecError end(std::size_t unconsumed) const noexcept;

  [[nodiscard]] const Codec& codec() const noexcept { return *codec_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  // Bytes consumed since the start.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  // Inside of a frame that is being skipped.
  [[nodiscard]] bool skipping() const noexcept { return skip_ != Skip::none; }

 private:
  enum class Skip : std::uint8_t { none, counted, searched };
  Decoded next(std::span<const std::byte> in, std::size_t dropped, CodecScratch& scratch);
  std::size_t drop(std::span<const std::byte> in);

  const Codec* codec_;
  std::size_t limit_;
  DecodeProgress progress_;
  std::uint64_t position_ = 0;
  std::uint64_t skip_left_ = 0;  // skip_ == counted: how much; before skip(): the frame_size
  Skip skip_ = Skip::none;
  bool can_skip_ = false;
};

}  // namespace sluice

#endif
