// The checksum CRC-32C of bytes.
//
// Thread: any. Source: RFC 9260, appendix A (the polynomial of Castagnoli, reflected).
#ifndef SLUICE_PROTOCOLS_PROXY_CRC32C_H
#define SLUICE_PROTOCOLS_PROXY_CRC32C_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice {

class Crc32c {
 public:
  void add(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] std::uint32_t value() const noexcept { return ~state_; }

 private:
  std::uint32_t state_ = 0xFFFFFFFF;
};

}  // namespace sluice

#endif
