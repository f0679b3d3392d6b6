// UdpSweep: what answers, ICMP messages and silence mean.
#include <algorithm>
#include <utility>

#include "udp_payloads.h"
#include "udp_sweep_parts.h"

namespace sluice::tools::scan {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

// A host that has not answered so many attempts gets one retry for ports without a payload, and
// then none. Ports that have one get all: their services are there to be found.
constexpr std::uint32_t kSilentForLong = 32;
constexpr std::uint32_t kSilentForEver = 128;
// A host that limits its reports: how many of its ports are asked in a slot, and
// how long one is at most.
constexpr std::size_t kBurst = 16;
constexpr milliseconds kMaxSlot{1000};
// After a report the host may lack the right to another one for so long.
constexpr milliseconds kReportCosts{1100};
constexpr std::uint16_t kTftp = 69;
// Strangers may send without end; the loop has other work too.
constexpr int kReceivedAtOnce = 4096;

// RFC 1350: the answer is DATA, ERROR or (RFC 2347) OACK, and comes from another port.
bool looks_like_tftp(std::string_view bytes) noexcept {
  return bytes.size() >= 4 && bytes[0] == 0 && (bytes[1] == 3 || bytes[1] == 5 || bytes[1] == 6);
}

}  // namespace

bool UdpSweep::drain() {
  bool all = true;
  for (std::size_t i = 0; i < sockets_.size() && running_; ++i) {
    if (watches_[i] != nullptr && !drain(sockets_[i])) all = false;
  }
  return all;
}

bool UdpSweep::drain(UdpSocket& socket) {
  int answers = 0;
  for (; running_ && answers < kReceivedAtOnce; ++answers) {
    const auto answer = socket.receive();
    if (!answer) break;
    now_ = Clock::now();
    on_answer(*answer);
  }
  int messages = 0;
  for (; running_ && messages < kReceivedAtOnce; ++messages) {
    const auto message = socket.take_message();
    if (!message) break;
    now_ = Clock::now();
    on_message(*message);
  }
  return answers < kReceivedAtOnce && messages < kReceivedAtOnce;
}

UdpSweep::Probe* UdpSweep::find(const Address& target) noexcept {
  const auto found = probes_.find(target);
  // One that was not sent yet cannot be answered.
  return found == probes_.end() || found->second->attempts == 0 ? nullptr : found->second.get();
}

void UdpSweep::on_answer(const UdpSocket::Answer& answer) {
  Probe* probe = find(answer.from);
  if (probe == nullptr && looks_like_tftp(answer.bytes)) {
    Address tftp = answer.from;
    tftp.set_port(kTftp);
    probe = find(tftp);
  }
  if (probe != nullptr) report(*probe, PortState::open, 0, true, answer.bytes);
}

void UdpSweep::on_message(const UdpSocket::Unreachable& message) {
  Probe* const probe = find(message.target);
  if (probe == nullptr || message.state == PortState::failed) return;
  Host& host = *probe->host;
  if (message.state == PortState::closed) {
    host.reports = true;
    host.reported_at = now_;
    ++host.reported_in_slot;
  }
  report(*probe, message.state, message.error, message.state == PortState::closed, {});
}

unsigned UdpSweep::retries_for(const Probe& probe) const noexcept {
  const Host& host = *probe.host;
  if (host.loopback || host.answered || has_udp_payload(probe.target.address.port())) {
    return options_.retries;
  }
  if (host.silences >= kSilentForEver) return 0;
  return host.silences >= kSilentForLong ? std::min(options_.retries, 1U) : options_.retries;
}

void UdpSweep::on_silence(Probe& probe) {
  Host& host = *probe.host;
  ++host.silences;
  const bool limits = host.reports && !host.loopback;
  // Another port may have had the report that was this one's.
  const bool excused = limits && host.reported_at + kReportCosts >= probe.sent;
  if (!excused && ++probe.counted > retries_for(probe)) {
    return report(probe, PortState::open_filtered, 0, false, {});
  }
  limits ? wait_for_slot(probe) : ready_.push_back(probe);
}

void UdpSweep::wait_for_slot(Probe& probe) {
  Host& host = *probe.host;
  host.waiting.push_back(probe);
  if (!host.linked()) slots_.add(host, now_ + host.slot);
}

void UdpSweep::begin_slot(Host& host) {
  if (host.sent_in_slot > 0) {
    const bool all_told = host.reported_in_slot == 0 && host.reported_at + 2 * kMaxSlot < now_;
    if (all_told || 2 * host.reported_in_slot >= host.sent_in_slot) {
      host.slot = std::max(host.slot / 2, kMinSlot);
    } else if (host.reported_in_slot > 0) {
      host.slot = std::min(host.slot * 2, kMaxSlot);
    }
  }
  host.sent_in_slot = host.reported_in_slot = 0;
  while (!host.waiting.empty() && host.sent_in_slot < kBurst) {
    ready_.push_back(host.waiting.front());
    ++host.sent_in_slot;
  }
  if (host.sent_in_slot > 0) slots_.add(host, now_ + host.slot);
}

void UdpSweep::report(Probe& probe, PortState state, int error, bool answered,
                      std::string_view answer) {
  UdpResult result{.target = probe.target,
                   .state = state,
                   .error = error,
                   .rtt = microseconds(0),
                   .attempts = probe.attempts,
                   .answer = answer};
  Host& host = *probe.host;
  if (answered) {
    host.answered = true;
    result.rtt =
        std::max(std::chrono::duration_cast<microseconds>(now_ - probe.sent), microseconds(1));
    // With several attempts nobody knows which one was answered (Karn's algorithm).
    if (probe.attempts == 1) host.rtt.sample(result.rtt);
  }
  --host.probes;
  probes_.erase(result.target.address);
  sink_(result);
}

}  // namespace sluice::tools::scan
