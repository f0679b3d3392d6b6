#include "dns_reader.h"

#include <algorithm>

#include "../base/text/host_name.h"

namespace sluice {
namespace {

constexpr unsigned kReference = 0xc0;  // both bits of a length byte: a compression pointer

}  // namespace

bool WireName::append(std::string_view bytes) noexcept {
  if (bytes.size() > bytes_.size() - size_) return false;
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += bytes.size();
  return true;
}

std::string WireName::text() const {
  std::string text;
  std::string_view left = view();
  while (left.size() > 1) {
    const std::string_view label = left.substr(1, static_cast<unsigned char>(left.front()));
    if (label.find('.') != label.npos) return {};
    if (!text.empty()) text += '.';
    text += label;
    left.remove_prefix(1 + label.size());
  }
  return is_host_name(text) ? text : std::string();
}

bool operator==(const WireName& a, const WireName& b) noexcept {
  // is_same_name() ignores case. The length bytes are less than every letter, so it compares them
  // unchanged.
  return is_same_name(a.view(), b.view());
}

std::uint16_t DnsReader::u16() noexcept {
  const std::span<const unsigned char> two = bytes(2);
  return ok_ ? static_cast<std::uint16_t>(two[0] << 8 | two[1]) : std::uint16_t{0};
}

std::span<const unsigned char> DnsReader::bytes(std::size_t size) noexcept {
  if (!ok_ || size > message_.size() - at_) {
    ok_ = false;
    return {};
  }
  at_ += size;
  return message_.subspan(at_ - size, size);
}

WireName DnsReader::name() noexcept {
  WireName name;
  std::size_t end = 0;  // of the name where it began; 0 until a pointer has been followed
  std::size_t before = at_;
  while (ok_) {
    const std::span<const unsigned char> first = bytes(1);
    if (!ok_) break;
    const unsigned length = first[0];
    if (length >= kReference) {
      const std::span<const unsigned char> second = bytes(1);
      if (!ok_) break;
      if (end == 0) end = at_;
      // Each pointer must lead to before the previous target, so that the loop ends.
      const std::size_t target = (length & ~kReference) << 8 | second[0];
      ok_ = target >= DnsLimits::kHeader && target < before;
      at_ = before = target;
    } else {
      const std::span<const unsigned char> label = bytes(length);
      const char written = static_cast<char>(length);
      ok_ = ok_ && length <= DnsLimits::kMaxLabel && name.append({&written, 1}) &&
            name.append({reinterpret_cast<const char*>(label.data()), label.size()});
      if (length == 0) break;
    }
  }
  if (ok_ && end != 0) at_ = end;
  return name;
}

}  // namespace sluice
