#include "delimiter_codec.h"

#include <cassert>
#include <cstring>
#include <string_view>

#include "find_byte.h"

namespace sluice {

DelimiterCodec::DelimiterCodec(Bytes delimiter) : size_(delimiter.size()) {
  assert(!delimiter.empty() && delimiter.size() <= kMaxDelimiter);
  std::copy(delimiter.begin(), delimiter.end(), bytes_.begin());
}

// The index of the first whole delimiter at or after `from`; in.size() if there is none.
std::size_t DelimiterCodec::find(Bytes in, std::size_t from) const noexcept {
  if (in.size() < size_) return in.size();
  const Bytes starts = in.first(in.size() - size_ + 1);
  for (std::size_t at = from; at < starts.size(); ++at) {
    at = find_byte(starts, bytes_[0], at);
    if (at == starts.size()) break;
    if (std::memcmp(in.data() + at, bytes_.data(), size_) == 0) return at;
  }
  return in.size();
}

Decoded DelimiterCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                                  CodecScratch& /*scratch*/) const {
  const Bytes window = in.first(std::min(in.size(), limit + size_));
  const std::size_t end = find(window, progress.scanned);
  if (end < window.size()) return accept_frame(progress, in.first(end), end + size_);
  if (window.size() < limit + size_) {
    // The last bytes may be the start of a delimiter.
    if (window.size() >= size_) progress.scanned = window.size() - size_ + 1;
    return {};
  }
  CodecError error{.fault = CodecFault::too_long, .can_skip = true};
  error.offset = limit;
  error.allowed = limit;
  return reject_frame(progress, error);
}

Codec::Resync DelimiterCodec::resync(Bytes in) const {
  const std::size_t end = find(in, 0);
  if (end < in.size()) return {.dropped = end + size_, .found = true};
  return {.dropped = in.size() < size_ ? 0 : in.size() - size_ + 1, .found = false};
}

Encoded DelimiterCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  CodecError error{.fault = CodecFault::contains_delimiter};
  error.found = payload.size();
  error.offset = find(payload, 0);
  if (error.offset < payload.size()) return error;

  // The end of the payload and the start of the delimiter may together form an earlier delimiter:
  // with the delimiter CR LF CR LF, a payload that ends in CR LF gives CR LF CR LF CR LF.
  const std::size_t tail_size = std::min(payload.size(), size_ - 1);
  const Bytes tail = payload.last(tail_size);
  std::array<std::byte, 2 * kMaxDelimiter> seam{};
  std::copy(tail.begin(), tail.end(), seam.begin());
  std::copy_n(bytes_.begin(), size_, seam.begin() + static_cast<std::ptrdiff_t>(tail_size));
  const std::size_t early = find(Bytes(seam).first(tail_size + size_), 0);
  if (early < tail_size) {
    error.offset = payload.size() - tail_size + early;
    return error;
  }
  return Encoded(payload).add_trailer(delimiter());
}

std::string DelimiterCodec::name() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "delimiter:";
  for (const std::byte byte : delimiter()) {
    const auto value = std::to_integer<unsigned>(byte);
    result.append(1, kHex[value >> 4]).append(1, kHex[value & 15]);
  }
  return result;
}

std::size_t DelimiterCodec::max_frame_size(std::size_t limit) const {
  return std::min(limit, kMaxLimit) + size_;
}

}  // namespace sluice
