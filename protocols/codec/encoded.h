// An encoded message: header, payload and trailer, for one gathering write.
//
// What it is: the bytes of the header and trailer, and a view of the payload, which is not copied.
// Or the reason why the codec cannot encode the payload.
// Lifetime: header() and trailer() point into this object, payload() into the bytes that were
// encoded or the codec's scratch. Thread: any, one at a time.
// Errors: error() returns that of encode().
#ifndef SLUICE_PROTOCOLS_CODEC_ENCODED_H
#define SLUICE_PROTOCOLS_CODEC_ENCODED_H

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec_error.h"

namespace sluice {

class Encoded {
 public:
  using Bytes = std::span<const std::byte>;

  static constexpr std::size_t kMaxHeader = 24;   // a 64-bit length has 20 digits
  static constexpr std::size_t kMaxTrailer = 16;  // the longest delimiter

  explicit Encoded(Bytes payload) noexcept : payload_(payload) {}
  // NOLINTNEXTLINE(google-explicit-constructor): encode() returns a frame or an error.
  Encoded(const CodecError& error) noexcept : error_(error) {}

  // True if there is a frame, and no error. Without a frame all parts are empty.
  explicit operator bool() const noexcept { return !error_; }
  [[nodiscard]] const CodecError& error() const noexcept { return error_; }

  [[nodiscard]] Bytes header() const noexcept { return Bytes(header_).first(header_size_); }
  [[nodiscard]] Bytes payload() const noexcept { return payload_; }
  [[nodiscard]] Bytes trailer() const noexcept { return Bytes(trailer_).first(trailer_size_); }
  [[nodiscard]] std::array<Bytes, 3> parts() const noexcept {
    return {header(), payload(), trailer()};
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return payload_.size() + header_size_ + trailer_size_;
  }

  // For codecs. REQUIRES: at most kMaxHeader and kMaxTrailer bytes in all.
  Encoded& add_header(std::byte byte) noexcept {
    assert(header_size_ < kMaxHeader);
    header_[header_size_++] = byte;
    return *this;
  }
  Encoded& add_header(std::string_view text) noexcept {
    for (const char byte : text) add_header(static_cast<std::byte>(byte));
    return *this;
  }
  Encoded& add_trailer(Bytes bytes) noexcept {
    for (const std::byte byte : bytes) {
      assert(trailer_size_ < kMaxTrailer);
      trailer_[trailer_size_++] = byte;
    }
    return *this;
  }

 private:
  Bytes payload_;
  CodecError error_;
  std::uint8_t header_size_ = 0;
  std::uint8_t trailer_size_ = 0;
  std::array<std::byte, kMaxHeader> header_{};
  std::array<std::byte, kMaxTrailer> trailer_{};
};

}  // namespace sluice

#endif
