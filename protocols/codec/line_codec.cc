#include "line_codec.h"

#include "find_byte.h"

namespace sluice {
namespace {

constexpr std::byte kLf{'\n'};
constexpr std::byte kCr{'\r'};

}  // namespace

Decoded LineCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                             CodecScratch& /*scratch*/) const {
  // The longest allowed line has its CR at `limit` and its LF at `limit + 1`.
  const Bytes window = in.first(std::min(in.size(), limit + 2));
  const std::size_t end = find_byte(window, kLf, progress.scanned);
  if (end < window.size()) {
    const bool cr = end > 0 && in[end - 1] == kCr;
    const std::size_t size = cr ? end - 1 : end;
    if (size <= limit) return accept_frame(progress, in.first(size), end + 1);
  } else if (window.size() <= limit || (window.size() == limit + 1 && in[limit] == kCr)) {
    progress.scanned = window.size();
    return {};
  }
  CodecError error{.fault = CodecFault::too_long, .can_skip = true};
  error.offset = limit;
  error.allowed = limit;
  return reject_frame(progress, error);
}

Codec::Resync LineCodec::resync(Bytes in) const { return resync_after(in, kLf); }

Encoded LineCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  CodecError error;
  error.offset = find_byte(payload, kLf);
  error.found = payload.size();
  if (error.offset < payload.size()) {
    error.fault = CodecFault::contains_delimiter;
  } else if (!payload.empty() && payload.back() == kCr) {
    error.fault = CodecFault::ends_in_cr;
    error.offset = payload.size() - 1;
  }
  if (error) return error;
  return Encoded(payload).add_trailer(std::span(&kLf, 1));
}

std::string LineCodec::name() const { return "line"; }

std::size_t LineCodec::max_frame_size(std::size_t limit) const {
  return std::min(limit, kMaxLimit) + 2;
}

}  // namespace sluice
