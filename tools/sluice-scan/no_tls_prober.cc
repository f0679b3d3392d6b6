// TlsProber of a build without OpenSSL: the command line accepts no --tls.
#include <cassert>

#include "tls_prober.h"

namespace sluice::tools::scan {

struct TlsProber::Impl {};

bool TlsProber::is_built_in() noexcept { return false; }

TlsProber::TlsProber(Loop& /*loop*/, std::chrono::milliseconds /*patience*/,
                     std::size_t /*sockets*/) {
  assert(false && "there is no TLS in this build");
}
TlsProber::~TlsProber() = default;

void TlsProber::add(Fd /*socket*/, const std::string& /*name*/, const Done& /*done*/) {}
bool TlsProber::full() const noexcept { return false; }
std::size_t TlsProber::waiting() const noexcept { return 0; }
void TlsProber::finish() {}

}  // namespace sluice::tools::scan
