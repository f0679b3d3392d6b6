// TlsEndpoint of a build without OpenSSL: no settings that ask for one are valid.
#include <cassert>

#include "tls_endpoint.h"

namespace sluice::tools::daemon {

struct TlsEndpoint::Impl {};

bool TlsEndpoint::is_built_in() noexcept { return false; }

std::string_view TlsEndpoint::version_of(const Connection& /*connection*/) noexcept { return {}; }

std::string TlsEndpoint::client_of(const Connection& /*connection*/) { return {}; }

TlsEndpoint::TlsEndpoint(const ListenSpec& /*spec*/) {
  assert(false && "there is no TLS in this build");
}
TlsEndpoint::~TlsEndpoint() = default;

TransportFactory TlsEndpoint::transport() const { return {}; }
Task TlsEndpoint::renew() { return {}; }
std::string TlsEndpoint::describe() const { return {}; }

TransportFactory client_transport(const std::string& /*host*/, const std::string& /*ca*/) {
  assert(false && "there is no TLS in this build");
  return {};
}

}  // namespace sluice::tools::daemon
