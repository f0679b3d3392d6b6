// The sources that no service admits: for the whole daemon, until a time or until they are taken
// back.
//
// What it is: a table of at most kMaxBans. An IPv6 address stands for its network of 64 bits, as
// for the other limits on sources. The table is lost when the daemon ends.
// Lifetime: must be destroyed before its loop. Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_BANS_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_BANS_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>

#include "../../../reactor/base/source.h"
#include "../../../reactor/loop/loop.h"

namespace sluice::tools::daemon {

class Bans {
 public:
  static constexpr std::size_t kMaxBans = 1024;

  explicit Bans(Loop& loop) : loop_(loop) {}
  Bans(const Bans&) = delete;
  Bans& operator=(const Bans&) = delete;

  // Without a time: until remove(). A second ban of a source replaces the first one. False if there
  // are kMaxBans already.
  [[nodiscard]] bool add(const Source& source, std::optional<std::chrono::milliseconds> time);
  // False if it was not banned.
  bool remove(const Source& source);
  // False for the peers of Unix sockets.
  [[nodiscard]] bool has(const Address& peer) const noexcept;
  // Calls `use` for each ban, with the time that is left, or without one.
  using Use = std::function<void(const Source&, std::optional<std::chrono::milliseconds> left)>;
  void each(const Use& use) const;

 private:
  [[nodiscard]] bool is_over(TimePoint until) const noexcept { return until <= loop_.now(); }

  Loop& loop_;
  std::unordered_map<Source, TimePoint> until_;  // TimePoint::max(): until it is removed
};

}  // namespace sluice::tools::daemon

#endif
