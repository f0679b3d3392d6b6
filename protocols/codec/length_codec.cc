#include "length_codec.h"

#include <array>
#include <cassert>
#include <limits>

namespace sluice {
namespace {

CodecError payload_too_long(std::size_t size, std::uint64_t max) {
  CodecError error{.fault = CodecFault::payload_too_long};
  error.found = size;
  error.allowed = max;
  return error;
}

}  // namespace

DecimalCodec::DecimalCodec(unsigned digits) : digits_(digits), max_(0) {
  assert(digits >= 1 && digits <= kMaxDigits);
  for (unsigned i = 0; i < digits; ++i) max_ = max_ * 10 + 9;
}

Decoded DecimalCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                                CodecScratch& /*scratch*/) const {
  std::uint64_t length = 0;
  const std::size_t seen = std::min<std::size_t>(digits_, in.size());
  for (std::size_t i = 0; i < seen; ++i) {
    const auto digit = std::to_integer<unsigned>(in[i]) - '0';
    if (digit > 9) {
      CodecError error{.fault = CodecFault::not_a_digit};
      error.byte = in[i];
      error.offset = i;
      return reject_frame(progress, error);
    }
    length = length * 10 + digit;
  }
  if (seen < digits_) return {};
  return decode_counted(in, limit, progress, digits_, length);
}

Encoded DecimalCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  if (payload.size() > max_) return payload_too_long(payload.size(), max_);
  std::array<char, kMaxDigits> digits;  // NOLINT(*-member-init): written before it is read
  std::size_t rest = payload.size();
  for (unsigned i = digits_; i > 0; rest /= 10) digits[--i] = static_cast<char>('0' + rest % 10);
  return Encoded(payload).add_header(std::string_view(digits.data(), digits_));
}

std::string DecimalCodec::name() const { return "decimal:" + std::to_string(digits_); }

std::size_t DecimalCodec::default_limit() const {
  constexpr std::size_t kThreeDigits = 255;
  return digits_ == 3 ? kThreeDigits : Codec::default_limit();
}

std::size_t DecimalCodec::max_frame_size(std::size_t limit) const {
  return digits_ + static_cast<std::size_t>(std::min<std::uint64_t>(limit, max_));
}

BinaryCodec::BinaryCodec(unsigned width, std::endian order) : width_(width), order_(order) {
  assert(std::has_single_bit(width) && width <= sizeof(std::uint64_t));
}

Decoded BinaryCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                               CodecScratch& /*scratch*/) const {
  if (in.size() < width_) return {};
  std::uint64_t length = 0;
  for (unsigned power = width_; power > 0; --power) {
    length = length << 8 | std::to_integer<std::uint64_t>(in[index_of(power - 1)]);
  }
  return decode_counted(in, limit, progress, width_, length);
}

Encoded BinaryCodec::encode(Bytes payload, CodecScratch& /*scratch*/) const {
  if (payload.size() > max_payload()) return payload_too_long(payload.size(), max_payload());
  Encoded result(payload);
  for (unsigned i = 0; i < width_; ++i) {
    // index_of() is its own inverse.
    result.add_header(
        static_cast<std::byte>(std::uint64_t{payload.size()} >> 8 * index_of(i) & 0xff));
  }
  return result;
}

std::string BinaryCodec::name() const {
  std::string bits = "u" + std::to_string(8 * width_);
  if (width_ == 1) return bits;
  return bits + (order_ == std::endian::big ? "be" : "le");
}

std::uint64_t BinaryCodec::max_payload() const {
  return std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * width_);
}

std::size_t BinaryCodec::max_frame_size(std::size_t limit) const {
  return width_ + static_cast<std::size_t>(std::min<std::uint64_t>(limit, max_payload()));
}

}  // namespace sluice
