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

Decoded Codec::framed(DecodeProgress& progress, Bytes payload, std::size_t consumed) {
  progress = {};
  Decoded result;
  result.status = DecodeStatus::frame;
  result.consumed = consumed;
  result.payload = payload;
  return result;
}

Decoded Codec::refused(DecodeProgress& progress, const CodecError& error, std::size_t consumed) {
  progress = {};
  Decoded result;
  result.status = DecodeStatus::error;
  result.consumed = consumed;
  result.error = error;
  return result;
}

Decoded Codec::counted(Bytes in, std::size_t limit, DecodeProgress& progress, std::size_t header,
                       std::uint64_t length, std::size_t trailer) {
  const std::size_t around = header + trailer;
  if (length > limit) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    CodecError error{.fault = CodecFault::too_long, .can_skip = true};
    error.found = length;
    error.allowed = limit;
    // A promise so long that its sum overflows is never kept: to skip it is to read no more.
    error.frame_size = length > kMax - around ? kMax : length + around;
    return refused(progress, error);
  }
  const auto payload = static_cast<std::size_t>(length);
  if (in.size() < payload + around) {
    progress.needed = payload + around;
    return {};
  }
  return framed(progress, in.subspan(header, payload), payload + around);
}

}  // namespace sluice
