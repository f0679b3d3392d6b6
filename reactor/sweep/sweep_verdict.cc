// The result of an attempt: what the kernel says, what the engine learns from it, and the report.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

#include "../loop/loop_internals.h"
#include "sweep_engine.h"

namespace sluice {

using std::chrono::microseconds;

namespace {

// After this time the kernel retransmits its SYN (RFC 6298, 2.1); an answer may be to either one.
constexpr microseconds kKernelRetransmits{1'000'000};
// A host that has not answered this many attempts gets one retry for each target, then none.
constexpr std::uint32_t kSilentForLong = 32;
constexpr std::uint32_t kSilentForEver = 128;
// After this many a host gets none, if no host of its network has answered kSilentNetwork attempts.
constexpr std::uint32_t kSilentInSilence = 8;
constexpr std::uint32_t kSilentNetwork = 512;
// On a path that loses probes, the probability that an answering target is reported as filtered.
constexpr double kMaxMissRate = 1e-6;
constexpr unsigned kMaxRetriesFactor = 4;
// A loss is known later than an answer. While a window grows, the loss is higher than measured.
constexpr double kUnknownLossFactor = 1.5;

SweepState state_of(SweepOutcome outcome) noexcept {
  switch (outcome) {
    case SweepOutcome::open:
      return SweepState::open;
    case SweepOutcome::closed:
      return SweepState::closed;
    case SweepOutcome::filtered:
      return SweepState::filtered;
    case SweepOutcome::unreachable:
      return SweepState::unreachable;
    default:
      return SweepState::failed;
  }
}

}  // namespace

void SweepEngine::on_ready(SweepProbe& probe) {
  now_ = Clock::now();
  const Verdict verdict = verdict_of(probe);
  if (verdict.outcome == SweepOutcome::under_way) return;
  land(probe);
  if (conclude(probe, verdict)) {
    SweepProbe* const next = running_ && verdict.reusable ? next_probe() : nullptr;
    if (next != nullptr &&
        next->task.target.address.family() == probe.task.target.address.family() &&
        leaves_no_trace(next->task.target.address)) {
      // The socket is watched already, so the next target costs only connect().
      probe.task = next->task;
      probe.held = true;
      next->held = false;
      probes_.give_back(*next);
      if (launch(probe)) retire(probe);
    } else {
      retire(probe);
      if (next != nullptr && launch(*next)) retire(*next);
    }
  }
  if (running_ && (finished() || worth_a_pump())) go_on();
}

SweepEngine::Verdict SweepEngine::verdict_of(SweepProbe& probe) noexcept {
  const Address& target = probe.task.target.address;
  const int error = probe.ask(reuse_);
  const SweepOutcome outcome = outcome_of_connect(error, target);
  if (outcome == SweepOutcome::under_way) return verdict_of_icmp(probe);
  if (outcome == SweepOutcome::unreachable) {
    // IPv4 has one errno for a host that does not exist and for a connection that is prohibited.
    const auto icmp = icmp_about(probe.socket.get(), target);
    if (icmp && icmp->prohibited) {
      return {.outcome = SweepOutcome::filtered, .error = error, .reusable = false};
    }
  }
  const bool reusable = reuse_ && outcome == SweepOutcome::closed && leaves_no_trace(target);
  return {.outcome = outcome, .error = error, .reusable = reusable};
}

// If an ICMP message arrives while the kernel is using the socket, the kernel only records its
// error, and the attempt would go on without it. It counts as an answer.
SweepEngine::Verdict SweepEngine::verdict_of_icmp(SweepProbe& probe) noexcept {
  const Address& target = probe.task.target.address;
  auto icmp = icmp_about(probe.socket.get(), target);
  if (!icmp && reuse_) icmp = SweepIcmp{.error = pending_error(probe.socket.get())};
  if (!icmp || icmp->error == 0) {
    return {.outcome = SweepOutcome::under_way, .error = 0, .reusable = false};
  }
  const SweepOutcome outcome =
      icmp->prohibited ? SweepOutcome::filtered : outcome_of_connect(icmp->error, target);
  return {.outcome = outcome, .error = icmp->error, .reusable = false};
}

bool SweepEngine::conclude(SweepProbe& probe, const Verdict& verdict) {
  probe.reusable = verdict.reusable;
  switch (verdict.outcome) {
    case SweepOutcome::under_way:
      return false;
    case SweepOutcome::silent:
      return handle_silence(probe);
    case SweepOutcome::wait:
      --counters_.attempts;
      --probe.task.attempts;
      probe.close(loop_.native());
      run_short();
      wait(probe, true);
      return false;
    case SweepOutcome::open:
      if (is_connected_to_itself(probe.socket.get(), probe.task.target.address)) {
        ++counters_.self_connects;
        Fd itself = probe.take_socket(loop_.native());
        close_by_reset(itself);
        if (!options_.from.address || options_.from.address->port() == 0) {
          wait(probe, true);
          return false;
        }
        // With a fixed local port the same would happen each time.
        deliver_result(probe, SweepState::closed, ECONNREFUSED, microseconds(0));
        return true;
      }
      [[fallthrough]];
    case SweepOutcome::closed: {
      now_ = Clock::now();
      const auto taken = std::chrono::duration_cast<microseconds>(now_ - probe.sent);
      const microseconds rtt = std::max(taken, microseconds(1));
      learn(probe, rtt);
      deliver_result(probe, state_of(verdict.outcome), verdict.error, rtt);
      return true;
    }
    case SweepOutcome::filtered:
    case SweepOutcome::unreachable:
    case SweepOutcome::failed:
      break;
  }
  deliver_result(probe, state_of(verdict.outcome), verdict.error, microseconds(0));
  return true;
}

bool SweepEngine::handle_silence(SweepProbe& probe) {
  probe.close(loop_.native());
  short_until_ = now_;
  SweepProbe::Task& task = probe.task;
  if (!task.path->loopback) {
    hosts_.silent(task.target.address);
    ++task.path->silences;
  }
  task.lost_at = probe.sent;
  if (task.attempts > retries_for(probe)) {
    deliver_result(probe, SweepState::filtered, 0, microseconds(0));
    return true;
  }
  ++counters_.retries;
  wait(probe, true);
  return false;
}

unsigned SweepEngine::retries_for(const SweepProbe& probe) const noexcept {
  const SweepPath& path = *probe.task.path;
  if (path.loopback || options_.retries == 0) return options_.retries;
  const SweepHosts::Host* const host = hosts_.find(probe.task.target.address);
  if (host == nullptr || host->answers == 0) {
    const std::uint32_t silences = host == nullptr ? 0 : host->silences;
    const bool silent_network = !path.answered && path.silences >= kSilentNetwork;
    if (silences >= (silent_network ? kSilentInSilence : kSilentForEver)) return 0;
    return silences < kSilentForLong ? options_.retries : 1;
  }
  const double loss = std::min(kUnknownLossFactor * path.window.loss(), 0.9);
  if (loss <= 0) return options_.retries;
  const double attempts = std::ceil(std::log(kMaxMissRate) / std::log(loss));
  const double max = kMaxRetriesFactor * options_.retries;
  return std::max(options_.retries, static_cast<unsigned>(std::min(attempts - 1, max)));
}

void SweepEngine::learn(const SweepProbe& probe, microseconds rtt) noexcept {
  const SweepProbe::Task& task = probe.task;
  SweepWindow& window = task.path->window;
  const bool clean = rtt < kKernelRetransmits;
  window.answered(probe.sent, now_, clean);
  if (task.path->loopback) return;
  task.path->answered = true;
  network_.answered(probe.sent, now_, clean);
  hosts_.answered(task.target.address);
  pacer_.answered(network_.loss(), now_);
  for (unsigned lost = task.attempts; lost > 1; --lost) {
    window.lost(task.lost_at, now_);
    network_.lost(task.lost_at, now_);
  }
}

void SweepEngine::deliver_result(SweepProbe& probe, SweepState state, int error, microseconds rtt) {
  Fd socket;
  if (state == SweepState::open) socket = probe.take_socket(loop_.native());
  const SweepResult result{.target = probe.task.target,
                           .state = state,
                           .error = error,
                           .rtt = rtt,
                           .attempts = probe.task.attempts};
  probe.held = false;
  paths_.leave(*probe.task.path);
  ++counters_.reported;
  switch (state) {
    case SweepState::open:
      ++counters_.open;
      break;
    case SweepState::closed:
      ++counters_.closed;
      break;
    case SweepState::filtered:
      ++counters_.filtered;
      break;
    case SweepState::unreachable:
      ++counters_.unreachable;
      break;
    case SweepState::failed:
      ++counters_.failed;
      break;
  }
  LoopInternals::guarded(loop_, "sweep sink", [&] { sink_(result, socket); });
  close_by_reset(socket);
}

void SweepEngine::leave_window(SweepProbe& probe) noexcept {
  if (!std::exchange(probe.in_window, false)) return;
  SweepPath& path = *probe.task.path;
  --path.in_window;
  --in_network_;
  make_ready(path);
}

void SweepEngine::land(SweepProbe& probe) noexcept {
  probe.unlink();
  leave_window(probe);
  probe.in_flight = false;
  --counters_.in_flight;
}

void SweepEngine::retire(SweepProbe& probe) noexcept {
  if (probe.socket) {
    Fd& spare = spares_[probe.task.target.address.family() == AF_INET6 ? 1 : 0];
    if (running_ && !probe.watched() && probe.reusable && !spare) {
      spare = probe.take_socket(loop_.native());
    } else {
      probe.close(loop_.native());
      short_until_ = now_;  // a descriptor is free again
    }
  }
  probes_.give_back(probe);
}

}  // namespace sluice
