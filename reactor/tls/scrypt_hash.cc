#include "scrypt_hash.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <charconv>
#include <utility>

#include "../base/text/quote.h"

namespace sluice {
namespace {

constexpr std::uint64_t kMaxMemory = std::uint64_t{64} * 1024 * 1024;  // OpenSSL needs some more

// Base64 without padding (RFC 4648, section 4). Nothing if a character is not of it, or a bit that
// is left over is not 0.
std::optional<std::vector<std::uint8_t>> decode64(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;  // of the bits that are not in `bytes` yet
  for (const char c : text) {
    const std::size_t digit = kBase64Digits.find(c);
    if (digit == kBase64Digits.npos) return {};
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
    bits &= (1U << count) - 1;
  }
  if (count == 6 || bits != 0) return {};
  return bytes;
}

// Removes the text up to the next $ from `rest` and returns it.
std::string_view take_field(std::string_view& rest) noexcept {
  const std::string_view field = rest.substr(0, rest.find('$'));
  rest.remove_prefix(field.size() == rest.size() ? field.size() : field.size() + 1);
  return field;
}

}  // namespace

std::optional<ScryptHash> ScryptHash::read(std::string_view text) {
  constexpr std::string_view kBegin = "$scrypt$ln=";
  constexpr std::string_view kRest = ",r=8,p=1";
  static_assert(kBlock == 8);
  if (!text.starts_with(kBegin)) return {};
  text.remove_prefix(kBegin.size());
  const std::string_view parameters = take_field(text);
  ScryptHash result;
  const char* const end = parameters.data() + parameters.size();
  const auto [stop, error] = std::from_chars(parameters.data(), end, result.cost);
  if (error != std::errc() || std::string_view(stop, static_cast<std::size_t>(end - stop)) != kRest)
    return {};
  if (result.cost < kMinCost || result.cost > kMaxCost) return {};
  auto salt = decode64(take_field(text));
  if (text.find('$') != text.npos) return {};
  auto hash = decode64(text);
  if (!salt || salt->size() < kMinSalt || salt->size() > kMaxSalt) return {};
  if (!hash || hash->size() < kMinHash || hash->size() > kMaxHash) return {};
  result.salt = std::move(*salt);
  result.hash = std::move(*hash);
  return result;
}

bool ScryptHash::matches(std::string_view password) const {
  std::vector<std::uint8_t> computed(hash.size());
  const int done = EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(),
                                  std::uint64_t{1} << cost, kBlock, 1, kMaxMemory, computed.data(),
                                  computed.size());
  if (done != 1) ERR_clear_error();
  const bool is_same = done == 1 && CRYPTO_memcmp(computed.data(), hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(computed.data(), computed.size());
  return is_same;
}

}  // namespace sluice
