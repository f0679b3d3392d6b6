// Answers the requests that an HttpServer, or a WebSocketServer beside its WebSockets, gets.
//
// Lifetime: REQUIRES that it outlives the connections. Thread: the loop's.
// Errors: an exception closes the connection, and the loop reports it.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_HANDLER_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_HANDLER_H

#include "../../reactor/base/address.h"
#include "http_request.h"
#include "http_response.h"

namespace sluice {

class HttpHandler {
 public:
  // Usually decides by request.path. `peer` is the client's address.
  virtual HttpResponse respond(const HttpRequest& request, const Address& peer) = 0;

 protected:
  ~HttpHandler() = default;
};

}  // namespace sluice

#endif
