// The paths to networks: how many probes each may carry, and which probes wait for it.
//
// What it is: one path for each IPv4 /24 and each IPv6 /64, and one for all of loopback. The hosts
// of a network share their last router and the route to it, so they share congestion and round-trip
// times. With a window for each host, all hosts of a large network together could overload the
// path. With a single window for everything, a distant network would delay a near one.
// Lifetime: a path exists while a probe refers to it. Of the others, the most recently used ones
// are kept.
// Thread: one at a time.
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

class SweepPath : public SweepNode {  // in the list of ready or of idle paths
 public:
  SweepPath(const SweepKey& of, const SweepWindow::Limits& limits) noexcept
      : key(of), loopback(of.family == 0), window(limits) {}

  // Loopback has no path that could become congested.
  [[nodiscard]] bool has_room() const noexcept { return loopback || in_window < window.size(); }

  const SweepKey key;
  const bool loopback;
  SweepWindow window;
  std::size_t in_window = 0;
  std::size_t probes = 0;      // the number of probes that refer to this path
  bool answered = false;       // whether any host has ever answered
  std::uint32_t silences = 0;  // attempts without an answer
  SweepList<SweepProbe> waiting;
};

class SweepPaths {
 public:
  static constexpr std::size_t kMaxIdle = 1024;

  explicit SweepPaths(const SweepWindow::Limits& limits) noexcept;

  // The path to `target`, with one more probe. If there is no memory for a new path, one that all
  // such targets share.
  SweepPath& enter(const Address& target) noexcept;
  void leave(SweepPath& path) noexcept;  // one probe less
  [[nodiscard]] std::size_t size() const noexcept { return paths_.size(); }

 private:
  SweepPath& find(const SweepKey& key) noexcept;

  SweepWindow::Limits limits_;
  std::unordered_map<SweepKey, std::unique_ptr<SweepPath>, SweepKeyHash> paths_;
  SweepPath shared_;
  SweepPath* last_ = nullptr;  // most targets are on the same path as the previous one
  SweepList<SweepPath> idle_;  // the least recently used first
  std::size_t idle_count_ = 0;
};

}  // namespace sluice

#endif
