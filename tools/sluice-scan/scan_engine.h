// A running scan: the sweep, the banners or the TLS of open ports, and the position.
//
// What it is: scans the positions of a space, and reports the result of each. The caller pauses it
// while the reader of the listing is slow. It also pauses itself while it waits for as many banners
// as it has descriptors for. Probes that are in flight at a pause are sent again after it.
// Lifetime: must be destroyed before its loop, and before the space and the events. The events may
// call pause() and stop(), but not destroy it.
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_SCAN_ENGINE_H
#define SLUICE_TOOLS_SLUICE_SCAN_SCAN_ENGINE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/sweep/sweep.h"
#include "banner_reader.h"
#include "host_rounds.h"
#include "listings/listing.h"
#include "probes/service_prober.h"
#include "targets/scan_space.h"
#include "tls_prober.h"
#include "udp/udp_sweep.h"

namespace sluice::tools::scan {

class ScanEvents {
 public:
  ScanEvents() = default;
  ScanEvents(const ScanEvents&) = delete;
  ScanEvents& operator=(const ScanEvents&) = delete;
  // `result.target.tag` is the position.
  virtual void on_port(const PortResult& result, const PortFacts& facts) = 0;
  virtual void on_scanned() = 0;  // once, when every position has been reported

 protected:
  ~ScanEvents() = default;
};

class ScanEngine {
 public:
  struct Options {
    SweepOptions sweep;
    bool udp = false;     // not with `verify` or `tls`; `banner` lists the answers
    bool verify = false;  // report as open only what two connections in a row have found open
    std::optional<std::chrono::milliseconds> banner;  // none: do not wait for banners
    std::optional<std::chrono::milliseconds> tls;     // none: no handshakes; not with `banner`
    std::optional<std::chrono::milliseconds> probe;   // none: no questions; not with these
    // The name to ask a server for; empty: none is known.
    std::function<std::string(const Address& address)> name_of;
    std::uint64_t next = 0;              // the first position
    std::vector<std::uint64_t> pending;  // before it, and still to be scanned
  };

  ScanEngine(Loop& loop, const ScanSpace& space, Options options, ScanEvents& events);
  ScanEngine(const ScanEngine&) = delete;
  ScanEngine& operator=(const ScanEngine&) = delete;
  ~ScanEngine();

  void start();
  // Sends no more probes. Those in flight are sent again after resume().
  void pause();
  void resume();
  // Forever. Reports the open ports that wait for a banner.
  void stop();

  [[nodiscard]] bool paused() const noexcept { return paused_; }  // by pause()
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
  // The positions before next() that have not been reported.
  [[nodiscard]] std::vector<std::uint64_t> pending() const;

 private:
  void make_sweep();
  void make_udp_sweep();
  void stop_sweep();
  [[nodiscard]] std::vector<SweepTarget> swept_now() const;
  std::optional<SweepTarget> take_next();
  std::optional<SweepTarget> take_new();
  void on_result(const SweepResult& result, Fd& socket);
  void on_swept();
  void take_sockets();
  [[nodiscard]] bool full() const noexcept;
  void on_udp_result(const UdpResult& result);
  void listen_to(const PortResult& port, Fd socket);
  void shake_hands(const PortResult& port, Fd socket, PortFacts facts);
  void on_facts(const PortResult& result, const PortFacts& facts);
  void halt();
  void go_on();
  void end_if_done();

  Loop& loop_;
  const ScanSpace& space_;
  Options options_;
  ScanEvents& events_;
  HostRounds rounds_;
  const PortFacts no_facts_{};  // most ports have none, and it is not small
  std::uint64_t next_;
  std::vector<std::uint64_t> again_;               // positions to be done before next_
  std::unordered_set<std::uint64_t> listened_to_;  // open, and facts are waited for
  std::unordered_set<std::uint64_t> to_verify_;    // were open once
  std::size_t sockets_ = 0;                        // that are listened to at most
  bool paused_ = false;
  bool listening_ = false;  // as much as it can: the sweep waits for it
  bool halted_ = false;     // for one of these
  bool stopped_ = false;
  bool swept_ = false;
  bool ended_ = false;
  std::unique_ptr<BannerReader> banners_;
  std::unique_ptr<TlsProber> handshakes_;
  std::unique_ptr<ServiceProber> services_;
  std::unique_ptr<Sweep> sweep_;  // one of these
  std::unique_ptr<UdpSweep> udp_sweep_;
  Timer next_sweep_;
};

}  // namespace sluice::tools::scan

#endif
