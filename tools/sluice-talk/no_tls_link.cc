// TlsLink of a build without OpenSSL: the command line accepts no tls://.
#include <cassert>

#include "tls_link.h"

namespace sluice::tools::talk {

bool TlsLink::is_built_in() noexcept { return false; }

std::string TlsLink::describe(const Connection& /*connection*/) { return {}; }

TlsLink::TlsLink(const TlsSettings& settings) : name_(settings.name) {
  assert(false && "there is no TLS in this build");
}

std::string TlsLink::explain(std::error_code reason) const { return reason.message(); }

}  // namespace sluice::tools::talk
