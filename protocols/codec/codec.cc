#include "codec.h"

#include <cassert>

namespace sluice {

Codec::Resync Codec::resync(Bytes in) const {
  (void)in;
  assert(false && "no error of this codec can be skipped without its frame_size");
  return {};
}

std::size_t Codec::default_limit() const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(max_payload(), kDefaultLimit));
}

Decoded Codec::accept_frame(DecodeProgress& progress, Bytes payload, std::size_t consumed) {
  progress = {};
  Decoded result;
  result.status = DecodeStatus::frame;
  result.consumed = consumed;
  result.payload = payload;
  return result;
}

Decoded Codec::reject_frame(DecodeProgress& progress, const CodecError& error,
                            std::size_t consumed) {
  progress = {};
  Decoded result;
  result.status = DecodeStatus::error;
  result.consumed = consumed;
  result.error = error;
  return result;
}

Decoded Codec::decode_counted(Bytes in, std::size_t limit, DecodeProgress& progress,
                              std::size_t header, std::uint64_t length, std::size_t trailer) {
  const std::size_t around = header + trailer;
  if (length > limit) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    CodecError error{.fault = CodecFault::too_long, .can_skip = true};
    error.found = length;
    error.allowed = limit;
    // A frame whose size overflows never ends, so skipping it drops the rest of the stream.
    error.frame_size = length > kMax - around ? kMax : length + around;
    return reject_frame(progress, error);
  }
  const auto payload = static_cast<std::size_t>(length);
  if (in.size() < payload + around) {
    progress.needed = payload + around;
    return {};
  }
  return accept_frame(progress, in.subspan(header, payload), payload + around);
}

}  // namespace sluice
