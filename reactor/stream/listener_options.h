// The options of a Listener.
//
// Units: connections, bits. A limit of 0 refuses every newcomer; a batch of 0 counts as 1, and a
// prefix out of range as the nearest one.
#ifndef SLUICE_REACTOR_STREAM_LISTENER_OPTIONS_H
#define SLUICE_REACTOR_STREAM_LISTENER_OPTIONS_H

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>

#include "../base/source.h"
#include "../base/token_bucket.h"
#include "connection_options.h"
#include "protocol.h"

namespace sluice {

class Connection;
class Loop;
class LoopPool;

struct ListenerOptions {
  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

  ConnectionOptions connection{};
  std::size_t max_connections = kNoLimit;  // a newcomer above it is accepted and closed at once
  std::size_t max_per_source = kNoLimit;   // the same for each source; not for Unix sockets
  // How fast newcomers may come, in all and from each source; faster ones are accepted and closed.
  // Without a value: no limit. Not counted: those that another limit refuses.
  std::optional<TokenRate> connect_rate{};
  std::optional<TokenRate> connect_rate_per_source{};
  // A source is an IPv4 address, or the network of an IPv6 address with so many bits.
  unsigned source_prefix = Source::kDefaultPrefix;
  bool reuse_port = false;        // SO_REUSEPORT: several listeners share a port
  bool no_delay = true;           // TCP_NODELAY on every connection
  bool keep_alive = true;         // SO_KEEPALIVE: detects a vanished peer after hours
  std::optional<mode_t> mode{};   // of a Unix socket's file; without it, that of the umask
  int backlog = 0;                // 0: SOMAXCONN
  std::size_t accept_batch = 64;  // newcomers in a turn, so that others are served as well
  // The newcomers are divided among the loops of the pool: each goes to the one with the fewest
  // connections. The limits hold for all of them together. The factory, the TransportFactory and
  // `closed` then run in the thread of the connection's loop, so they must be fit for several
  // threads at once; `admit` runs in the listener's. What they use must exist until a drain of the
  // listener is over, or the pool does not run. REQUIRES: the listener is on the pool's first loop.
  LoopPool* pool = nullptr;
  // With a pool: makes the factory of each other loop, together with the listener, so that the
  // connections of one loop can share what is not fit for several threads. What the factory owns is
  // destroyed in the thread of its loop, after the connections. Empty: they have the listener's.
  std::function<ProtocolFactory(Loop& loop)> factory_for{};
  // Called for each newcomer before its handler is made; false refuses it. `socket` is for what the
  // address does not say, such as the user at the other end of a Unix socket. Empty: all are
  // accepted. An exception refuses the newcomer and is reported.
  std::function<bool(int socket, const Address& peer)> admit{};
  // Called for each connection after its on_close(), while the listener exists: for a log. It must
  // not throw, nor use the connection but for its properties.
  std::function<void(const Connection&)> closed{};
  // Called once, at the end of the turn in which a drain of the listener or its loop begins: no
  // newcomer is accepted any more. It may destroy the listener. An exception is reported.
  std::function<void()> on_drain{};
};

}  // namespace sluice

#endif
