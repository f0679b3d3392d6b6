// How many questions may be in flight: it grows while the path carries them.
//
// What it is: a value. It starts small and doubles up to kUsual, so that the first questions do not
// fill the receive buffer of a server at once, and that round trips are known at the first losses.
// Only questions that were answered count. One that was answered after its first try is a loss on
// the path, or a server that cannot follow; one that is never answered says nothing about the path,
// and the next ones need not wait for it. A few losses do not count: they are no sign of congestion
// on a path with random loss, where a window that shrank at each would make a list take many times
// as long. With more it stays, because a server's full receive buffer loses more the larger the
// window is; with many it shrinks.
// Thread: any.
#ifndef SLUICE_REACTOR_NAMES_DNS_WINDOW_H
#define SLUICE_REACTOR_NAMES_DNS_WINDOW_H

#include <algorithm>
#include <cstddef>

namespace sluice {

class DnsWindow {
 public:
  static constexpr std::size_t kStart = 16;
  // The receive buffer of a server, 208 KiB on Linux, holds so many questions: 277 on loopback.
  static constexpr std::size_t kUsual = 256;
  static constexpr std::size_t kMin = 64;
  static constexpr std::size_t kLossShare = 8;    // it shrinks if one in so many was lost
  static constexpr std::size_t kCleanShare = 32;  // and grows if fewer than one in so many were

  // REQUIRES: most > 0.
  explicit DnsWindow(std::size_t most) noexcept : most_(most), size_(std::min(kStart, most)) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void answered(bool at_first_try) noexcept {
    if (!at_first_try) ++lost_;
    if (++seen_ < size_) return;
    if (lost_ * kLossShare > seen_) {
      size_ = std::max(size_ / 2, std::min(kMin, most_));
    } else if (size_ < kUsual) {
      size_ = std::min({most_, size_ * 2, kUsual});
    } else if (lost_ * kCleanShare < seen_) {
      size_ = std::min(most_, size_ + size_ / 8 + 1);
    }
    seen_ = lost_ = 0;
  }

 private:
  std::size_t most_;
  std::size_t size_;
  std::size_t seen_ = 0;
  std::size_t lost_ = 0;
};

}  // namespace sluice

#endif
