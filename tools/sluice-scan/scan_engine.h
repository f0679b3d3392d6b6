// A scan under way: the sweep, what is asked of open ports, and where it stands.
//
// What it is: takes positions of a scan's space, and tells what became of each. It can pause, when
// the listing's reader is slow, and does so by itself when as many banners are waited for as there
// are descriptors for: what is under way then is begun anew afterwards.
// Lifetime: must go before its loop; the space and the events outlive it. Its events may call
// pause() and stop(), and not destroy it.
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_SCAN_ENGINE_H
#define SLUICE_TOOLS_SLUICE_SCAN_SCAN_ENGINE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/sweep/sweep.h"
#include "banner_reader.h"
#include "targets/scan_space.h"

namespace sluice::tools::scan {

class ScanEvents {
 public:
  ScanEvents() = default;
  ScanEvents(const ScanEvents&) = delete;
  ScanEvents& operator=(const ScanEvents&) = delete;
  // `result.target.tag` is the position.
  virtual void on_port(const SweepResult& result, const std::string& banner) = 0;
  virtual void on_scanned() = 0;  // once: everything has been told

 protected:
  ~ScanEvents() = default;
};

class ScanEngine {
 public:
  struct Options {
    SweepOptions sweep;
    std::optional<std::chrono::milliseconds> banner;  // none: nobody is listened to
    std::uint64_t next = 0;                           // the first position
    std::vector<std::uint64_t> pending;               // before it, and to be done all the same
  };

  ScanEngine(Loop& loop, const ScanSpace& space, Options options, ScanEvents& events);
  ScanEngine(const ScanEngine&) = delete;
  ScanEngine& operator=(const ScanEngine&) = delete;
  ~ScanEngine();

  void start();
  // No more is begun; what comes back after resume() is begun anew.
  void pause();
  void resume();
  // For good. Open ports whose banner is waited for are told now.
  void stop();

  [[nodiscard]] bool paused() const noexcept { return paused_; }  // by pause()
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
  // The positions before next() that were not told.
  [[nodiscard]] std::vector<std::uint64_t> pending() const;

 private:
  void make_sweep();
  std::optional<SweepTarget> take_next();
  void on_result(const SweepResult& result, Fd& socket);
  void on_banner(const SweepResult& result, const std::string& banner);
  void halt();
  void go_on();
  void end_if_done();

  Loop& loop_;
  const ScanSpace& space_;
  Options options_;
  ScanEvents& events_;
  std::uint64_t next_;
  std::vector<std::uint64_t> again_;               // positions to be done before next_
  std::unordered_set<std::uint64_t> listened_to_;  // open, and a banner is waited for
  std::size_t sockets_ = 0;                        // that are listened to at most
  bool paused_ = false;
  bool listening_ = false;  // as much as it can: the sweep waits for it
  bool halted_ = false;     // for one of these
  bool stopped_ = false;
  bool swept_ = false;
  bool ended_ = false;
  std::unique_ptr<BannerReader> banners_;
  std::unique_ptr<Sweep> sweep_;
};

}  // namespace sluice::tools::scan

#endif
