// The state that the connections of one listener share: the loop, the limits, and the idle lists.
// Only for the reactor; not installed.
//
// Connection::set_options() moves a connection to another group with the new limits. Groups with
// the same limits are shared, so that ten thousand upgraded connections need one.
// Lifetime: the ConnectionTable owns it, and frees it when its owner has released it and its last
// connection has been freed. Thread: the loop's.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_GROUP_H
#define SLUICE_REACTOR_STREAM_CONNECTION_GROUP_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "../base/fd.h"
#include "../loop/idle_list.h"
#include "../loop/loop.h"
#include "connection.h"
#include "connection_options.h"
#include "listener_counters.h"

namespace sluice {

class Listener;

// Whether two sets of options have the same limits and timeouts. Transports are not compared.
[[nodiscard]] bool same_limits(const ConnectionOptions& a, const ConnectionOptions& b) noexcept;
// A number that is out of range counts as the nearest one that is allowed.
[[nodiscard]] ConnectionOptions in_range(ConnectionOptions options);

class ConnectionGroup {
 public:
  // `of`: the group whose connections Connection::set_options() moves here; null for a group of
  // its own.
  ConnectionGroup(ConnectionTable& table, const ConnectionOptions& options,
                  ConnectionGroup* of = nullptr);
  ConnectionGroup(const ConnectionGroup&) = delete;
  ConnectionGroup& operator=(const ConnectionGroup&) = delete;

  [[nodiscard]] ConnectionTable& table() const noexcept { return table_; }
  [[nodiscard]] Loop& loop() const noexcept { return loop_; }
  [[nodiscard]] const ConnectionOptions& options() const noexcept { return options_; }
  // With those that set_options() has moved to other groups.
  [[nodiscard]] const std::size_t& open() const noexcept { return open_; }
  // The group in which the connections of this one were made. Its owner, its drain and its total
  // are also those of the others.
  [[nodiscard]] ConnectionGroup& root() noexcept { return of_ == nullptr ? *this : *of_; }
  // Adds what the other groups have counted to `counters`. REQUIRES: this is a root.
  const ListenerCounters& total() noexcept;

  // Its maker counts the newcomers, and the connections count their bytes.
  ListenerCounters counters;
  const Listener* listener = nullptr;  // null if they are adopted, or it has been destroyed

  bool write_only = false;  // nothing ever comes from the peers, as in the end of a pipe

  // Called for each connection after its on_close().
  std::function<void(const Connection&)> on_gone;
  // The same for one that move_to() has closed, with its socket and the index of its next loop.
  std::function<void(Fd socket, const Connection&, std::uint32_t loop)> on_moved;
  // Called after that, when the connection, its handler and those it had before are destroyed.
  std::function<void()> on_freed;

 private:
  friend class Connection;
  friend class ConnectionTable;

  ConnectionTable& table_;
  Loop& loop_;
  const ConnectionOptions options_;
  ConnectionGroup* const of_;
  std::vector<ConnectionGroup*> variants_;  // of a root: those that have it as `of`
  // Null without such timeouts, because adopt() makes a group for each connection.
  struct MessageLists {
    MessageLists(Loop& loop, const ConnectionOptions& options);
    IdleList first;
    IdleList whole;
  };
  IdleList opening_;
  IdleList idle_;
  std::unique_ptr<MessageLists> messages_;
  IdleList stalled_;
  IdleList lingering_;
  // A drain of only this group waits for the table's next pass, or is part of the current one.
  enum class Drain : std::uint8_t { none, waits, in_pass };
  Drain drain_ = Drain::none;
  std::size_t open_ = 0;
  std::size_t place_ = 0;  // in the table's list
  bool held_ = true;       // by the listener, or another owner
};

}  // namespace sluice

#endif
