// What is known of the hosts under way: for formats that show a host as a whole.
//
// What it is: counts of each host's ports, and its open ones in full. Hosts are handed out in order
// when their group (ScanSpace::kGroup) is finished; all of them at once when they hold more than
// kMaxHeld, or when the scan is interrupted: what comes later of such a host is a second report.
// Errors: std::bad_alloc. Thread: one. Lifetime: the space outlives it.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_HOST_BOOK_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_HOST_BOOK_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "../targets/scan_space.h"
#include "listing.h"

namespace sluice::tools::scan {

class HostBook {
 public:
  // Bytes of open ports with their banners and certificates, about.
  static constexpr std::size_t kMaxHeld = 8 * 1024 * 1024;

  // `expected` says how many results of a group are to come.
  HostBook(const ScanSpace& space, std::function<std::uint64_t(std::uint64_t group)> expected);

  void add_open(std::uint64_t host, OpenPort port);
  // REQUIRES: not open.
  void add(std::uint64_t host, PortState state, std::uint16_t port);

  // Hosts that can be handed out now; mostly none.
  std::vector<HostReport> take_finished();
  std::vector<HostReport> take_all();
  // The positions of open ports that were not handed out.
  [[nodiscard]] std::vector<std::uint64_t> held() const;

 private:
  // Inline, because a scan has as many of them as hosts, and most ports of most hosts are counted
  // here.
  struct Count {
    std::uint32_t count = 0;
    std::array<std::uint16_t, HostReport::kMaxNamed> ports{};  // the first ones

    void add(std::uint16_t port) noexcept {
      if (count < ports.size()) ports[count] = port;
      ++count;
    }
    [[nodiscard]] std::vector<std::uint16_t> few() const;  // empty: there are too many
  };
  struct Host {
    Count closed, filtered, open_filtered;
    std::uint32_t unreachable = 0, failed = 0;
    std::vector<OpenPort> open;
  };
  struct Group {
    std::uint64_t left = 0;
    std::unordered_map<std::uint64_t, Host> hosts;
  };

  Host& host_of(std::uint64_t host);
  void hand_out(Group& group, std::vector<HostReport>& reports);

  const ScanSpace& space_;
  std::function<std::uint64_t(std::uint64_t group)> expected_;
  std::map<std::uint64_t, Group> groups_;
  std::size_t held_ = 0;
  bool finished_ = false;  // a group is
};

}  // namespace sluice::tools::scan

#endif
