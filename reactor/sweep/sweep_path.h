// The paths to networks: how many probes each may carry, and which probes wait for it.
//
// What it is: one path for each IPv4 /24 and each IPv6 /64, one for all of loopback. A network's
// hosts share their last router and the way to it, so that one host's congestion is all hosts', and
// what one teaches of the round trip is true of all; a window for each host would let a large
// network's hosts do together what none may do alone, and one for everything would hold up a near
// network by a far one.
// Lifetime: a path stays while a probe refers to it; of the others the last used are kept.
// Thread: none of its own.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_PATH_H
#define SLUICE_REACTOR_SWEEP_SWEEP_PATH_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "sweep_hosts.h"
#include "sweep_list.h"
#include "sweep_probe.h"
#include "sweep_window.h"

namespace sluice {

class SweepPath : public SweepNode {  // in the list of those that are ready, or idle
 public:
  SweepPath(const SweepKey& of, const SweepWindow::Limits& limits) noexcept
      : key(of), loopback(of.family == 0), window(limits) {}

  // Loopback has no path that could be congested.
  [[nodiscard]] bool has_room() const noexcept { return loopback || in_window < window.size(); }

  const SweepKey key;
  const bool loopback;
  SweepWindow window;
  std::size_t in_window = 0;
  std::size_t probes = 0;      // that refer to it
  bool answered = false;       // by anybody, ever
  std::uint32_t silences = 0;  // attempts without an answer
  SweepList<SweepProbe> waiting;
};

class SweepPaths {
 public:
  static constexpr std::size_t kMaxIdle = 1024;

  explicit SweepPaths(const SweepWindow::Limits& limits) noexcept;

  // The path to `target`, with one probe more. Where there is no memory for it, it is a path that
  // such targets share.
  SweepPath& enter(const Address& target) noexcept;
  void leave(SweepPath& path) noexcept;  // one probe less
  [[nodiscard]] std::size_t size() const noexcept { return paths_.size(); }

 private:
  SweepPath& find(const SweepKey& key) noexcept;

  SweepWindow::Limits limits_;
  std::unordered_map<SweepKey, std::unique_ptr<SweepPath>, SweepKeyHash> paths_;
  SweepPath shared_;
  SweepPath* last_ = nullptr;  // most targets are on the path of the one before
  SweepList<SweepPath> idle_;  // used longest ago first
  std::size_t idle_count_ = 0;
};

}  // namespace sluice

#endif
