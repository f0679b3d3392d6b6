// What `sluicectl top` has read of a daemon: one sample after another, and the rates between them.
//
// Thread: any, one at a time. Errors: std::bad_alloc; read_sample() throws what ask() throws.
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_SAMPLES_H
#define SLUICE_TOOLS_SLUICECTL_TOP_SAMPLES_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "top_view.h"

namespace sluice::tools::control {

struct TopSample {
  struct Service {
    std::string name{};
    std::string endpoint{};
    std::uint64_t open = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::map<std::string, std::uint64_t> refused_by{};  // of `show refusals`
  };
  double time = 0;  // seconds of any steady clock
  std::string version;
  std::vector<Service> services;
  std::map<std::string, std::uint64_t> counters;  // of `show counters`
  double lag_sum = 0;                             // seconds, since the daemon has started
  double lag_count = 0;
  std::optional<std::vector<TopView::Peer>> peers;  // if they were asked for
};

class TopSamples {
 public:
  static constexpr std::size_t kMaxPeers = 50;  // that are kept, the slowest

  void add(TopSample sample);
  // What the last sample says, and the rates since the one before it.
  [[nodiscard]] const TopView& view() const noexcept { return view_; }

 private:
  [[nodiscard]] TopView::Service rates_of(const TopSample::Service& now, double seconds) const;
  void add_counters(const TopSample& now, double seconds);

  std::optional<TopSample> last_;
  TopView view_;
};

// Asks the daemon. A list of thousands of connections costs it something, so `with_peers` need not
// be set every time.
TopSample read_sample(const std::string& socket_path, bool with_peers);

}  // namespace sluice::tools::control

#endif
