// A build without OpenSSL: the command line accepts neither --tls nor tls://.
#include <stdexcept>

#include "asking.h"

namespace sluice::tools::lookup {

bool has_tls() noexcept { return false; }

std::unique_ptr<Asking> ask_over_tls(Loop& /*loop*/, const LookupOptions& /*options*/,
                                     DnsPool::Answered /*answered*/) {
  throw std::logic_error("there is no TLS in this build");
}

}  // namespace sluice::tools::lookup
