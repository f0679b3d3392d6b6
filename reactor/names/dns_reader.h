// Names, numbers and bytes out of a DNS message.
//
// What it is: a reader that never reads beyond the message, and a name as a message has it.
// Lifetime: a reader must not outlive its message. Thread: plain values.
// Source: RFC 1035, 3.1 and 4.1.4.
#ifndef SLUICE_REACTOR_NAMES_DNS_READER_H
#define SLUICE_REACTOR_NAMES_DNS_READER_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

struct DnsLimits {
  static constexpr std::size_t kHeader = 12;
  static constexpr std::size_t kMaxLabel = 63;
  static constexpr std::size_t kMaxWireName = 255;
};

// A name as a message has it, without references: each label after its length, and a last 0.
class WireName {
 public:
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }
  // False: that is more than a name may have.
  [[nodiscard]] bool append(std::string_view bytes) noexcept;
  // Empty when it is not a host's name. May throw std::bad_alloc.
  [[nodiscard]] std::string text() const;
  // In any case.
  friend bool operator==(const WireName& a, const WireName& b) noexcept;

 private:
  std::array<char, DnsLimits::kMaxWireName> bytes_;
  std::size_t size_ = 0;
};

// Reads on from a place of the message. A read beyond its end, and a name that is none, makes it
// not ok() for good; what such reads return means nothing.
class DnsReader {
 public:
  explicit DnsReader(std::span<const unsigned char> message) noexcept : message_(message) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  // REQUIRES: `at` is where this reader has been.
  void go_to(std::size_t at) noexcept { at_ = at; }

  std::uint16_t u16() noexcept;
  std::span<const unsigned char> bytes(std::size_t size) noexcept;
  // With its references followed.
  WireName name() noexcept;

 private:
  std::span<const unsigned char> message_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace sluice

#endif
