// The handler of a Broadcast's control socket, which publishes each line that it receives.
//
//   > the printer is on fire LF        a CR before the LF is stripped
//   < ok 2 LF                          the line was sent to two targets; "ok 0" if there are none
//   > LF
//   < error: the text is empty LF
//
// What it is: the handler of one connection. The connection should be on a Unix socket that only
// its owner can open. Each line gets one line as an answer, in order. A line above the limit of
// Broadcast is not stored. The last line needs no LF if the peer half-closes after it.
//
//   Listener control(loop, Endpoint::from("unix:///run/b.sock"),
//                    BroadcastControl::factory(service), BroadcastControl::listener_options());
//
// Lifetime: REQUIRES that the Broadcast exists as long as the loop runs.
// Thread: the loop's. Errors: the answer to a line says why it was not published.
#ifndef SLUICE_PROTOCOLS_BROADCAST_BROADCAST_CONTROL_H
#define SLUICE_PROTOCOLS_BROADCAST_BROADCAST_CONTROL_H

#include <cstddef>
#include <span>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/listener.h"
#include "../../reactor/stream/protocol.h"
#include "../codec/codec.h"
#include "../codec/decoder.h"
#include "broadcast.h"

namespace sluice {

class SLUICE_EXPORT BroadcastControl final : public Protocol {
 public:
  static constexpr std::size_t kMaxLine = BroadcastOptions::kMaxMessage;
  static constexpr std::size_t kMaxRead = 16 * 1024;  // lines that wait for their turn
  static constexpr std::size_t kMaxConnections = 16;

  explicit BroadcastControl(Broadcast& broadcast);

  static ProtocolFactory factory(Broadcast& broadcast);
  // Mode 0600, kMaxConnections, kMaxRead, and an input limit of one line and one read.
  static ListenerOptions listener_options();

  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;

 private:
  SLUICE_LOCAL void publish(Connection& connection, std::span<const std::byte> line);

  Broadcast& broadcast_;
  Decoder decoder_;
};

}  // namespace sluice

#endif
