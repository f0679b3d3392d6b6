// A wire as OpenSSL sees it, and how it failed or ended. Part of a TlsTransport.
#ifndef SLUICE_REACTOR_TLS_TLS_WIRE_H
#define SLUICE_REACTOR_TLS_TLS_WIRE_H

#include "../stream/wire.h"

namespace sluice {

struct TlsWire {
  Wire wire;
  int error = 0;       // errno of the read or write that has failed
  bool ended = false;  // the peer will send no more
};

}  // namespace sluice

#endif
