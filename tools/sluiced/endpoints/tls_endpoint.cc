#include "tls_endpoint.h"

#include <chrono>
#include <functional>
#include <system_error>
#include <utility>

#include "../../../reactor/tls/tls_certificate.h"
#include "../../../reactor/tls/tls_client.h"
#include "../../../reactor/tls/tls_server.h"
#include "../../../reactor/tls/tls_transport.h"
#include "../../common/timestamp.h"
#include "opener.h"
#include "tls_keys.h"

namespace sluice::tools::daemon {
namespace {

TlsCertificate read_certificate(const std::string& cert, const std::string& key) {
  TlsCertificate certificate{.chain = read_tls_file(cert), .key = {}};
  certificate.key = key == cert ? certificate.chain : read_tls_file(key);
  certificate.chain_name = cert;
  certificate.key_name = key;
  return certificate;
}

TlsServerOptions read_options(const Settings& settings) {
  TlsServerOptions options;
  const std::string cert = settings.get(kCertKey);
  options.certificates.push_back(read_certificate(cert, settings.find(kKeyKey).value_or(cert)));
  if (const auto ocsp = settings.find(kOcspKey)) {
    options.certificates.front().ocsp = read_tls_file(*ocsp);
  }
  for (const std::string& pair : WordsKey::split(settings.find(kSniKey).value_or(""))) {
    const std::size_t colon = pair.find(':');
    const std::string first = pair.substr(0, colon);
    options.certificates.push_back(
        read_certificate(first, colon == pair.npos ? first : pair.substr(colon + 1)));
  }
  options.alpn = WordsKey::split(settings.find(kAlpnKey).value_or(""));
  if (settings.get(kTlsKey) == kTlsModern) options.profile = TlsProfile::modern;
  if (const auto ca = settings.find(kClientCaKey)) {
    options.client_ca = read_tls_file(*ca);
    options.client_ca_name = *ca;
    options.client_certificates = settings.get(kClientCertKey) == kOptional
                                      ? TlsClientCertificates::optional
                                      : TlsClientCertificates::required;
  }
  return options;
}

// So that files which are the same leave the sessions of their clients alone. The texts themselves
// are not kept: a key is in memory once, in OpenSSL's.
std::size_t digest_of(const TlsServerOptions& options) {
  constexpr std::size_t kMix = 1'000'003;  // so that the order of the files counts
  constexpr std::hash<std::string> kHash;
  std::size_t digest = kHash(options.client_ca);
  for (const TlsCertificate& each : options.certificates) {
    digest = (digest * kMix + kHash(each.chain)) * kMix + kHash(each.key);
    digest = digest * kMix + kHash(each.ocsp);
  }
  return digest;
}

// The error of a file, with the endpoint that it is for.
template <class Load>
auto with_endpoint(const ListenSpec& spec, Load load) {
  try {
    return load();
  } catch (const std::system_error& error) {
    const std::string said = error.what();
    const std::string what = said.substr(0, said.rfind(": " + error.code().message()));
    throw std::system_error(error.code(), spec.written(spec.endpoint()) + ": " + what);
  }
}

}  // namespace

struct TlsEndpoint::Impl {
  explicit Impl(const ListenSpec& given)
      : spec(given), slot([this] {
          const TlsServerOptions options = read_options(spec.settings);
          digest = digest_of(options);
          return TlsServer(options);
        }()) {}

  const ListenSpec spec;
  std::size_t digest = 0;
  TlsServerSlot slot;
};

bool TlsEndpoint::is_built_in() noexcept { return true; }

std::string_view TlsEndpoint::version_of(const Connection& connection) noexcept {
  const TlsTransport* tls = TlsTransport::of(connection);
  return tls == nullptr ? std::string_view() : tls->version();
}

std::string TlsEndpoint::client_of(const Connection& connection) {
  const TlsTransport* tls = TlsTransport::of(connection);
  return tls == nullptr ? std::string() : tls->peer_name();
}

TlsEndpoint::TlsEndpoint(const ListenSpec& spec)
    : impl_(with_endpoint(spec, [&spec] { return std::make_unique<Impl>(spec); })) {}
TlsEndpoint::~TlsEndpoint() = default;

TransportFactory TlsEndpoint::transport() const { return impl_->slot.transport(); }

Task TlsEndpoint::renew() {
  return with_endpoint(impl_->spec, [impl = impl_.get()]() -> Task {
    const TlsServerOptions options = read_options(impl->spec.settings);
    const std::size_t digest = digest_of(options);
    if (digest == impl->digest) return {};
    return [impl, digest, server = TlsServer(options)] {
      impl->digest = digest;
      impl->slot.replace(server);
    };
  });
}

std::string TlsEndpoint::describe() const {
  const TlsPeerCertificate first = impl_->slot.current().certificate();
  return "serial " + first.serial + ", until " + utc_date(first.not_after);
}

TransportFactory client_transport(const std::string& host, const std::string& ca) {
  return TlsClient({.ca = ca, .ca_name = "[bus] ca"}).transport(host);
}

std::string read_tls_file(const std::string& path) {
  Opener* const opener = Opener::of_process();
  if (opener == nullptr) return read_pem(path);
  const Fd file = opener->file(path);
  return read_pem(file.get());
}

}  // namespace sluice::tools::daemon
