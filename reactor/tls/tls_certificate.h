// Certificates, keys and the other settings that TLS servers and clients have in common.
//
// What it is: values with the text of PEM files, so that a program can read them before it gives up
// its privileges, or receive them from another process. Nothing is parsed before a TlsServer or a
// TlsClient is made of them.
// Lifetime: values; the text of a key stays in memory as long as the value.
// Thread: any. Errors: std::system_error that names the file: the errno of open() and read(), EFBIG
// above kMaxPem.
// Source: RFC 7468 (PEM), RFC 6960 (OCSP).
#ifndef SLUICE_REACTOR_TLS_TLS_CERTIFICATE_H
#define SLUICE_REACTOR_TLS_TLS_CERTIFICATE_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "../base/export.h"

namespace sluice {

// The versions and suites that are allowed, by the names of Mozilla's guidelines.
enum class TlsProfile : std::uint8_t {
  intermediate,  // TLS 1.2 and 1.3, with forward secrecy and authenticated encryption only
  modern         // TLS 1.3
};

// The size of a file of certificates or of a key above which it is not read.
inline constexpr std::size_t kMaxPem = 1024 * 1024;
// The contents of a file, or what is left to read from `descriptor`, which stays open.
SLUICE_EXPORT std::string read_pem(const std::string& path);
SLUICE_EXPORT std::string read_pem(int descriptor);

struct SLUICE_EXPORT TlsCertificate {
  std::string chain;   // PEM: the certificate first, then those that lead to a root
  std::string key;     // PEM, not encrypted
  std::string ocsp{};  // DER: the response of its issuer's OCSP responder; empty: none is stapled
  // What messages call it.
  std::string chain_name = "certificate";
  std::string key_name = "key";

  // Reads the files; messages call it by these paths. `ocsp` may be empty.
  static TlsCertificate from_files(const std::string& chain, const std::string& key,
                                   const std::string& ocsp = {});
};

}  // namespace sluice

#endif
