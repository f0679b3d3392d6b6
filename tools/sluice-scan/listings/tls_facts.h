// The TLS facts of a server on a port, as text and a time. Nothing of it was verified.
//
// Plain values; the texts went through escape(). Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_TLS_FACTS_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_TLS_FACTS_H

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sluice::tools::scan {

struct TlsFacts {
  static constexpr std::size_t kMaxNames = 100;  // further ones are left out
  static constexpr std::size_t kMaxText = 255;   // bytes of the subject, and of a name

  std::string version;             // "TLSv1.3"
  std::string cipher;              // "TLS_AES_128_GCM_SHA256"
  std::string subject;             // of the certificate: "CN=example.com"
  std::vector<std::string> names;  // hosts and addresses it is for
  std::chrono::system_clock::time_point not_after{};

  [[nodiscard]] std::size_t size() const noexcept;  // in memory, about
  [[nodiscard]] std::string expiry() const;         // "2026-12-01"
  // "TLSv1.3 TLS_AES_128_GCM_SHA256, CN=example.com (example.com www.example.com), until
  // 2026-12-01", with at most kNamesInLine names.
  [[nodiscard]] std::string line() const;
  static constexpr std::size_t kNamesInLine = 3;
};

}  // namespace sluice::tools::scan

#endif
