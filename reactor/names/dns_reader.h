// Reads names, numbers and bytes from a DNS message.
//
// What it is: a reader that never reads beyond the end of the message, and a name in its wire
// format.
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

// The RCODE in the header of a message; RFC 1035, 4.1.1. REQUIRES: at least kHeader bytes.
inline unsigned dns_rcode(std::span<const unsigned char> message) noexcept {
  return message[3] & 0x0FU;
}

// A name in wire format without compression: each label after its length, and a 0 at the end.
class WireName {
 public:
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }
  // Returns false if the name would become too long.
  [[nodiscard]] bool append(std::string_view bytes) noexcept;
  // The name in dotted form, or an empty string if it is not a host name. May throw std::bad_alloc.
  [[nodiscard]] std::string text() const;
  // Ignores case.
  friend bool operator==(const WireName& a, const WireName& b) noexcept;

 private:
  std::array<char, DnsLimits::kMaxWireName> bytes_;
  std::size_t size_ = 0;
};

// Reads from a position in the message. After a read beyond the end, or of an invalid name, ok() is
// false from then on, and the results of such reads have no meaning.
class DnsReader {
 public:
  explicit DnsReader(std::span<const unsigned char> message) noexcept : message_(message) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  // REQUIRES: `at` is a position at which this reader has been.
  void go_to(std::size_t at) noexcept { at_ = at; }

  std::uint16_t u16() noexcept;
  std::span<const unsigned char> bytes(std::size_t size) noexcept;
  // Follows compression pointers.
  WireName name() noexcept;

 private:
  std::span<const unsigned char> message_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace sluice

#endif
