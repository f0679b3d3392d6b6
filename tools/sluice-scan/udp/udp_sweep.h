// Sends datagrams to very many UDP ports, and reports the state of each.
//
// What it is: the UDP counterpart of Sweep, with the same source and the same end. A port that
// answers is open; one about which ICMP says so is closed, filtered or unreachable; one that says
// nothing to any attempt is open|filtered.
// Hosts limit how many ICMP messages they send: Linux sends a host six at once and then one a
// second. So silence of a host that reports closed ports proves nothing while it reports others:
// such an attempt does not count, and the ports that are left are asked in small bursts, at the
// rate at which the host's reports arrive.
// Lifetime: must be destroyed before its loop, and not inside its functions. Thread: the loop's.
// Errors: start() throws std::system_error if no socket can be opened; std::bad_alloc.
// Source: RFC 768; RFC 1812, 4.3.2.8 for the limit; RFC 6298 for the timeouts.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_SWEEP_H
#define SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_SWEEP_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/timer.h"
#include "../../../reactor/loop/watch.h"
#include "../../../reactor/sweep/sweep.h"
#include "../../../reactor/sweep/sweep_pacer.h"
#include "../../../reactor/sweep/sweep_wheel.h"
#include "../../../reactor/sweep/sweep_window.h"
#include "udp_socket.h"

namespace sluice::tools::scan {

struct UdpResult {
  SweepTarget target;
  PortState state = PortState::failed;
  int error = 0;                     // errno of the ICMP message or of the attempt; 0: none
  std::chrono::microseconds rtt{0};  // 0: there was no answer
  unsigned attempts = 0;
  std::string_view answer;  // the first bytes; while the sink runs
};

class UdpSweep {
 public:
  static constexpr std::size_t kMaxProbes = 16'384;  // targets at once
  static constexpr std::size_t kMaxHosts = 32'768;   // of which something is remembered

  using Sink = std::function<void(const UdpResult&)>;

  struct Options {
    std::optional<Address> bind;
    std::chrono::milliseconds first_timeout{1000};
    std::chrono::milliseconds max_timeout{3000};
    unsigned retries = 2;
    double rate = 0;  // datagrams a second; 0: no limit
    bool rate_on_loopback = true;
    std::size_t parallel = 0;  // 0: kMaxProbes
  };

  UdpSweep(Loop& loop, const Options& options, SweepSource source, Sink sink, SweepDone done);
  UdpSweep(const UdpSweep&) = delete;
  UdpSweep& operator=(const UdpSweep&) = delete;
  ~UdpSweep();

  // As Sweep's.
  void start();
  void stop() noexcept;
  [[nodiscard]] std::vector<SweepTarget> pending() const;

 private:
  struct Probe;
  struct Host;

  void turn();
  void arm();
  void pump();
  Probe* next_probe();
  Probe* pull();
  bool send(Probe& probe);  // false: not now
  // Both return false if more may wait.
  bool drain();
  bool drain(UdpSocket& socket);
  void on_answer(const UdpSocket::Answer& answer);
  void on_message(const UdpSocket::Unreachable& message);
  void on_silence(Probe& probe);
  void begin_slot(Host& host);
  void wait_for_slot(Probe& probe);
  void report(Probe& probe, PortState state, int error, bool answered, std::string_view answer);
  Probe* find(const Address& target) noexcept;
  Host& host_of(const Address& target);
  [[nodiscard]] unsigned retries_for(const Probe& probe) const noexcept;
  [[nodiscard]] std::chrono::microseconds timeout_of(const Probe& probe) const noexcept;
  [[nodiscard]] bool finished() const noexcept { return exhausted_ && probes_.empty(); }

  Loop& loop_;
  Options options_;
  SweepSource source_;
  Sink sink_;
  SweepDone done_;
  bool running_ = false;
  bool exhausted_ = false;
  TimePoint now_;
  TimePoint blocked_until_{};  // the kernel takes no datagram until then
  SweepPacer pacer_;
  std::array<UdpSocket, 2> sockets_;  // IPv4, IPv6
  std::array<std::unique_ptr<Watch>, 2> watches_;
  SweepWheel silence_;                                        // probes that wait for an answer
  SweepWheel slots_;                                          // hosts that are asked slowly
  std::unordered_map<Address, std::unique_ptr<Host>> hosts_;  // before the probes that they link
  std::unordered_map<Address, std::unique_ptr<Probe>> probes_;
  SweepList<Probe> ready_;  // to be sent as the rate allows
  Timer timer_;
};

}  // namespace sluice::tools::scan

#endif
