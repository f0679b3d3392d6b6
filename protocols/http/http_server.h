// Answers HTTP/1.1 requests: GET and HEAD, without bodies, one after another on a connection.
//
// What it is: the handlers of connections, and what they share. The program's HttpHandler gets each
// request and returns its answer at once. Requests that are sent without waiting for the answers
// (pipelining) are answered in order. The connection stays open unless the request is of HTTP/1.0
// or says "Connection: close". A malformed request is answered with its status, and closes the
// connection.
// Timeouts are those of the connection: message_timeout for a head that arrives slowly, and
// idle_timeout between requests.
// Lifetime: REQUIRES that the server outlives its connections, and the handler the server.
// Thread: the loop's.
// Errors: an exception of the handler closes the connection, and the loop reports it.
// Source: RFC 9112.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_SERVER_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_SERVER_H

#include <cstddef>
#include <span>

#include "../../reactor/stream/connection_options.h"
#include "../../reactor/stream/protocol.h"
#include "../small/wall_clock.h"
#include "http_handler.h"
#include "http_head.h"

namespace sluice {

class HttpServer {
 public:
  static constexpr std::size_t kMaxRead = HttpHeadDecoder::kMaxHead;  // bytes at a time

  // REQUIRES: `clock` is not empty.
  explicit HttpServer(HttpHandler& handler, WallClock clock = std::chrono::system_clock::now);

  [[nodiscard]] ProtocolFactory factory();
  // Sets the limits on input so that every head that the decoder accepts fits.
  static void limit_input(ConnectionOptions& options) noexcept;

 private:
  class Session final : public Protocol {
   public:
    explicit Session(HttpServer& server) noexcept : server_(server) {}
    std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;

   private:
    void answer(Connection& connection, const HttpRequest& request) const;
    void refuse(Connection& connection, const HttpRequest& request, const HttpRefusal& why) const;

    HttpServer& server_;
    HttpHeadDecoder decoder_;
  };

  HttpHandler& handler_;
  WallClock clock_;
};

}  // namespace sluice

#endif
