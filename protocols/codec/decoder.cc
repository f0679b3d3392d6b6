#include "decoder.h"

#include <algorithm>
#include <cassert>

namespace sluice {

Decoded Decoder::decode(std::span<const std::byte> in, CodecScratch& scratch) {
  can_skip_ = false;
  std::size_t dropped = 0;
  if (skip_ != Skip::none) {
    dropped = drop(in);
    position_ += dropped;
    if (skip_ != Skip::none) return {.consumed = dropped, .payload = {}, .error = {}};
  }
  return next(in, dropped, scratch);
}

// Separate from decode(), so that the compiler constructs the result in the caller's memory: a copy
// of a value that was just written in smaller parts costs more than decoding a short frame.
Decoded Decoder::next(std::span<const std::byte> in, std::size_t dropped, CodecScratch& scratch) {
  Decoded result = codec_->decode(in.subspan(dropped), limit_, progress_, scratch);
  if (result.status == DecodeStatus::error) {
    result.error.offset += position_;
    can_skip_ = result.error.can_skip;
    skip_left_ = result.error.frame_size;
  }
  position_ += result.consumed;
  result.consumed += dropped;
  return result;
}

void Decoder::skip() noexcept {
  assert(can_skip_);
  if (!can_skip_) return;
  can_skip_ = false;
  skip_ = skip_left_ > 0 ? Skip::counted : Skip::searched;
}

CodecError Decoder::end(std::size_t unconsumed) const noexcept {
  if (unconsumed == 0 || is_skipping()) return {};
  CodecError error{.fault = CodecFault::ends_early};
  error.offset = position_ + unconsumed;
  error.found = unconsumed;
  return error;
}

// Returns how many bytes of `in` to drop. Sets skip_ to none if they include the frame's end.
std::size_t Decoder::drop(std::span<const std::byte> in) {
  if (skip_ == Skip::searched) {
    const Codec::Resync resync = codec_->resync(in);
    if (resync.found) skip_ = Skip::none;
    return resync.dropped;
  }
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), skip_left_));
  skip_left_ -= count;
  if (skip_left_ == 0) skip_ = Skip::none;
  return count;
}

}  // namespace sluice
