// What a probe has found out about the service on a port, as text. Nothing of it is verified.
//
// Plain values; the texts went through escape(). Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_SERVICE_FACTS_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_SERVICE_FACTS_H

#include <cstddef>
#include <string>

namespace sluice::tools::scan {

struct ServiceFacts {
  static constexpr std::size_t kMaxText = 127;  // bytes of each; the rest is cut

  std::string protocol;  // "ssh"
  std::string product;   // "OpenSSH"; empty: not said
  std::string version;   // "9.2p1"; empty: not said
  std::string info;      // "Debian-2+deb12u3"; what else it says; empty: nothing

  [[nodiscard]] std::size_t size() const noexcept {  // in memory, about
    return sizeof *this + protocol.size() + product.size() + version.size() + info.size();
  }
  // "ssh OpenSSH 9.2p1 (Debian-2+deb12u3)"
  [[nodiscard]] std::string line() const {
    std::string text = protocol;
    if (!product.empty()) text += ' ' + product;
    if (!version.empty()) text += ' ' + version;
    return info.empty() ? text : text + " (" + info + ')';
  }
};

}  // namespace sluice::tools::scan

#endif
