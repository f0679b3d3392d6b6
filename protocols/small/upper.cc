#include "upper.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "../../reactor/stream/connection.h"

namespace sluice {
namespace {

// Converts eight bytes at once. Each byte is a separate lane: the additions use only seven bits of
// each byte, so none carries into the next lane.
std::uint64_t upper_of_eight(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x80 * kOnes;
  const std::uint64_t low_bits = bytes & ~kHigh;
  const std::uint64_t from_a = low_bits + (0x80 - 'a') * kOnes;       // high bit: at least 'a'
  const std::uint64_t after_z = low_bits + (0x80 - 'z' - 1) * kOnes;  // high bit: more than 'z'
  const std::uint64_t lower = from_a & ~after_z & ~bytes & kHigh;
  return bytes ^ (lower >> 2);  // 0x80 becomes 0x20, the bit between the cases
}

}  // namespace

void to_upper_ascii(std::span<const std::byte> in, std::span<std::byte> out) noexcept {
  assert(out.size() >= in.size());
  std::uint64_t eight = 0;
  std::size_t done = 0;
  // The copies have a constant size, so that each compiles to one move.
  for (; in.size() - done >= sizeof eight; done += sizeof eight) {
    std::memcpy(&eight, in.data() + done, sizeof eight);
    eight = upper_of_eight(eight);
    std::memcpy(out.data() + done, &eight, sizeof eight);
  }
  const std::size_t rest = in.size() - done;
  if (rest == 0) return;
  std::memcpy(&eight, in.data() + done, rest);
  eight = upper_of_eight(eight);
  std::memcpy(out.data() + done, &eight, rest);
}

std::size_t Upper::on_data(Connection& connection, std::span<const std::byte> in) {
  std::array<std::byte, kMaxPiece> piece;  // NOLINT(*-member-init): written before it is read
  for (std::size_t done = 0; done < in.size();) {
    const std::size_t count = std::min(in.size() - done, piece.size());
    to_upper_ascii(in.subspan(done, count), piece);
    connection.send(std::span<const std::byte>(piece).first(count));
    done += count;
  }
  return in.size();
}

std::span<const std::byte> upper_answer(std::span<const std::byte> request,
                                        std::span<std::byte> buffer) {
  const std::size_t count = std::min(request.size(), buffer.size());
  to_upper_ascii(request.first(count), buffer);
  return buffer.first(count);
}

}  // namespace sluice
