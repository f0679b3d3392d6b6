// Reads what the peers of open ports send unasked, and makes it printable.
//
// What it is: several sockets at once. Each is read until its time is up, its peer has closed or
// has sent kMaxBanner bytes, or has sent nothing for kPause after its first bytes. Sends nothing.
// Lifetime: must be destroyed before its loop; the destructor closes the sockets and calls nothing.
// `done` may call add().
// Thread: the loop's. Errors: none; a socket that fails counts as ended.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_BANNER_READER_H
#define SLUICE_TOOLS_SLUICE_SCAN_BANNER_READER_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "../../reactor/base/fd.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"

namespace sluice::tools::scan {

class BannerReader {
 public:
  static constexpr std::size_t kMaxBanner = 256;  // bytes
  static constexpr std::size_t kMaxSockets = 4096;
  static constexpr std::chrono::milliseconds kPause{200};

  // `banner` is what was said, without line ends behind it, through escape().
  using Done = std::function<void(std::string banner)>;

  // REQUIRES: patience > 0, 0 < sockets <= kMaxSockets.
  BannerReader(Loop& loop, std::chrono::milliseconds patience, std::size_t sockets);
  BannerReader(const BannerReader&) = delete;
  BannerReader& operator=(const BannerReader&) = delete;
  ~BannerReader();

  // REQUIRES: not full().
  void add(Fd socket, Done done);
  [[nodiscard]] bool full() const noexcept { return waiting_.size() >= sockets_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  // All of them end now, with what they have.
  void finish();

 private:
  class Socket;

  void end(Socket& socket);
  void check_times();

  Loop& loop_;
  std::chrono::milliseconds patience_;
  std::size_t sockets_;
  std::list<std::unique_ptr<Socket>> waiting_;  // the longest waiting first
  Timer timer_;
};

std::string printable_banner(std::string_view said);

}  // namespace sluice::tools::scan

#endif
