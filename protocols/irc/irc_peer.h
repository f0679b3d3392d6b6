// A connection that speaks IRC over a stream: one command a line. Only for irc.cc.
//
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_PEER_H
#define SLUICE_PROTOCOLS_IRC_IRC_PEER_H

#include <cstddef>
#include <span>
#include <system_error>

#include "../../reactor/stream/protocol.h"
#include "irc_client.h"

namespace sluice {

class IrcPeer final : public Protocol, public IrcClient {
 public:
  // REQUIRES: `options` outlives it.
  IrcPeer(ChatDesk& desk, const IrcOptions& options) : IrcClient(desk, options) {}

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

 private:
  bool is_skipping_ = false;  // the rest of a line that is too long
};

}  // namespace sluice

#endif
