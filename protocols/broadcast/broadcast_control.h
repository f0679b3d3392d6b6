// What stands behind a Broadcast's control socket: each line that comes is published.
//
//   > the printer is on fire LF        (a CR before the LF is stripped)
//   < ok 2 LF                          it went to two targets; "ok 0": there was none
//   > LF
//   < error: it is empty LF
//
// What it is: the handler of one connection over a stream socket, a Unix socket that only its owner
// can open. Every line gets one line back, in order. Of a line above Broadcast's limit nothing is
// kept but the answer. The last line needs no LF when the peer has half-closed.
//
//   Listener control(loop, Endpoint::from("unix:///run/b.sock"),
//                    BroadcastControl::factory(service), BroadcastControl::listener_options());
//
// Lifetime: REQUIRES that the Broadcast is there for as long as the loop turns.
// Thread: the loop's. Errors: those of the lines in their answers.
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
  static constexpr std::size_t kMaxConnections = 16;

  explicit BroadcastControl(Broadcast& broadcast);

  static ProtocolFactory factory(Broadcast& broadcast);
  // For the owner alone (mode 0600), kMaxConnections, and no more held of a line than it may have.
  static ListenerOptions listener_options();

  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;

 private:
  void publish(Connection& connection, std::span<const std::byte> line);

  Broadcast& broadcast_;
  Decoder decoder_;
};

}  // namespace sluice

#endif
