// Looks up the names of hosts before they are listed, and keeps the order of the hosts.
//
// What it is: a queue with at most kAtOnce look-ups in flight. A host waits for its name and for
// the hosts before it. Without a resolver there are no look-ups.
// Lifetime: must be destroyed before its resolver; the destructor cancels. Thread: the loop's.
// Errors: none; a host without an answer has no name.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_HOST_NAMER_H
#define SLUICE_TOOLS_SLUICE_SCAN_HOST_NAMER_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

#include "../../reactor/names/resolver.h"
#include "listings/listing.h"

namespace sluice::tools::scan {

class HostNamer {
 public:
  static constexpr std::size_t kAtOnce = 64;
  // The scan has to wait when more hosts wait here.
  static constexpr std::size_t kMaxWaiting = 20'000;

  // `resolver` may be null.
  HostNamer(Resolver* resolver, std::function<void(const HostReport&)> out);
  HostNamer(const HostNamer&) = delete;
  HostNamer& operator=(const HostNamer&) = delete;
  ~HostNamer();

  void add(HostReport host);
  // All that wait, now, with the names that are known.
  void finish();
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  [[nodiscard]] bool full() const noexcept { return waiting_.size() > kMaxWaiting; }
  [[nodiscard]] std::vector<std::uint64_t> held() const;  // positions of open ports that wait

 private:
  struct Waiting {
    HostReport host;
    std::uint64_t number = 0;
    LookupId lookup;
    bool asked = false;
    bool ready = false;
  };

  void ask();
  void on_name(std::uint64_t number, const std::vector<std::string>& names);
  void hand_on();

  Resolver* resolver_;
  std::function<void(const HostReport&)> out_;
  std::deque<Waiting> waiting_;  // numbered without a gap
  std::uint64_t next_ = 0;
  std::size_t to_ask_ = 0;  // how many of those in front have been asked
  std::size_t under_way_ = 0;
};

}  // namespace sluice::tools::scan

#endif
