#include "tls_alpn.h"

#include <cstddef>
#include <system_error>

#include "tls_error.h"

namespace sluice {

namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxList = 65'535;

}  // namespace

std::string alpn_wire(const std::vector<std::string>& names) {
  std::string wire;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > kMaxName) {
      throw std::system_error(
          TlsErrc::setting,
          "alpn: a protocol of " + std::to_string(name.size()) + " bytes; 1-255 are allowed");
    }
    wire += static_cast<char>(static_cast<unsigned char>(name.size()));
    wire += name;
  }
  if (wire.size() > kMaxList) {
    throw std::system_error(TlsErrc::setting, "alpn: more than 65535 bytes of protocols");
  }
  return wire;
}

}  // namespace sluice
