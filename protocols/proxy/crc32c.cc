#include "crc32c.h"

#include <array>

namespace sluice {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() noexcept {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ 0x82F63B78 : rest >> 1;
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace

void Crc32c::add(std::span<const std::byte> bytes) noexcept {
  for (const std::byte byte : bytes) {
    state_ = state_ >> 8 ^ kTable[(state_ ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
  }
}

}  // namespace sluice
