// What the peer's certificate says, as text and times.
//
// Lifetime: a value. Thread: any.
// Source: RFC 5280.
#ifndef SLUICE_REACTOR_TLS_TLS_PEER_CERTIFICATE_H
#define SLUICE_REACTOR_TLS_TLS_PEER_CERTIFICATE_H

#include <chrono>
#include <string>
#include <vector>

#include "../base/export.h"

namespace sluice {

// The texts come from the peer: a program that shows them to a terminal makes them safe first.
struct SLUICE_EXPORT TlsPeerCertificate {
  std::string subject;             // "CN=example.com,O=Example", in the order of RFC 2253
  std::string issuer;              // the same for the signer
  std::string serial;              // hexadecimal
  std::vector<std::string> names;  // hosts and addresses it is for; without any, its common name
  std::chrono::system_clock::time_point not_before{};
  std::chrono::system_clock::time_point not_after{};
};

}  // namespace sluice

#endif
