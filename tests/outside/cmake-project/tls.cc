// Links sluice-tls, and says what it thinks of a server without a certificate.
#include <cstdio>
#include <system_error>

#include <sluice/tls_server.h>
#include <sluice/tls_transport.h>

int main() {
  try {
    const sluice::TlsServer server({});
  } catch (const std::system_error& error) {
    std::puts(error.what());
  }
}
