// What the connections of one listener share: the loop, the limits, and the lists of the silent.
// For the reactor alone; not installed.
//
// Lifetime: owned by the ConnectionTable; freed when its maker has let go of it and its last
// connection is gone. Thread: the loop's.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_GROUP_H
#define SLUICE_REACTOR_STREAM_CONNECTION_GROUP_H

#include <cstddef>
#include <cstdint>
#include <functional>

#include "../loop/idle_list.h"
#include "../loop/loop.h"
#include "connection.h"
#include "connection_options.h"

namespace sluice {

class ConnectionGroup {
 public:
  ConnectionGroup(ConnectionTable& table, const ConnectionOptions& options);
  ConnectionGroup(const ConnectionGroup&) = delete;
  ConnectionGroup& operator=(const ConnectionGroup&) = delete;

  [[nodiscard]] ConnectionTable& table() const noexcept { return table_; }
  [[nodiscard]] Loop& loop() const noexcept { return loop_; }
  [[nodiscard]] const ConnectionOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::size_t open() const noexcept { return open_; }

  // Told each connection that goes, after its on_close().
  std::function<void(const Connection&)> on_gone;

 private:
  friend class Connection;
  friend class ConnectionTable;

  ConnectionTable& table_;
  Loop& loop_;
  const ConnectionOptions options_;
  IdleList opening_;
  IdleList idle_;
  IdleList stalled_;
  IdleList lingering_;
  // A drain of this group alone waits for the table's next pass, or is in the present one.
  enum class Drain : std::uint8_t { none, waits, in_pass };
  Drain drain_ = Drain::none;
  std::size_t open_ = 0;
  std::size_t place_ = 0;  // in the table's list
  bool held_ = true;       // by the listener, or whoever made it
};

}  // namespace sluice

#endif
