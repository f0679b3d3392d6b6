#include "fixed_codec.h"

#include <cassert>

namespace sluice {

FixedCodec::FixedCodec(std::size_t size) : size_(size) { assert(size >= 1 && size <= kMaxSize); }

Decoded FixedCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                              CodecScratch& /*scratch*/) const {
  if (in.empty()) return {};
  return decode_counted(in, limit, progress, 0, size_);
}

Encoded FixedCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  if (payload.size() == size_) return Encoded(payload);
  CodecError error{.fault = CodecFault::wrong_size};
  error.found = payload.size();
  error.allowed = size_;
  return error;
}

std::string FixedCodec::name() const { return "fixed:" + std::to_string(size_); }

std::size_t FixedCodec::max_frame_size(std::size_t limit) const { return std::min(limit, size_); }

}  // namespace sluice
