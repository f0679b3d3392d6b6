// What becomes of an attempt: the kernel's word for it, what it teaches, and the report.
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

// After this the kernel sends its SYN again (RFC 6298, 2.1): an answer may be to either.
constexpr microseconds kKernelRetransmits{1'000'000};
// A host that has not answered this many attempts gets only one retry a target, then none.
constexpr std::uint32_t kSilentForLong = 32;
constexpr std::uint32_t kSilentForEver = 128;
// So many are enough of a host in a network where nobody has answered so many attempts.
constexpr std::uint32_t kSilentInSilence = 8;
constexpr std::uint32_t kSilentNetwork = 512;
// Where probes are lost, so many targets that answer may be taken for filtered.
constexpr double kMissed = 1e-6;
constexpr unsigned kMaxRetriesFactor = 4;
// What is lost is known later than what is answered: while a window opens, more is lost than known.
constexpr double kLossUnknown = 1.5;

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
  const Word word = word_of(probe);
  if (word.outcome == SweepOutcome::under_way) return;
  land(probe);
  if (conclude(probe, word)) {
    SweepProbe* const next = running_ && word.reusable ? next_probe() : nullptr;
    if (next != nullptr &&
        next->task.target.address.family() == probe.task.target.address.family() &&
        leaves_no_trace(next->task.target.address)) {
      // The socket is watched already: it costs no call but connect() itself.
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

SweepEngine::Word SweepEngine::word_of(SweepProbe& probe) noexcept {
  const Address& target = probe.task.target.address;
  const int error = probe.ask(reuse_);
  const SweepOutcome outcome = outcome_of_connect(error, target);
  if (outcome == SweepOutcome::under_way) return word_of_icmp(probe);
  if (outcome == SweepOutcome::unreachable) {
    // IPv4 has one errno for a host that is not there and for one that is out of bounds.
    const auto icmp = icmp_about(probe.socket.get(), target);
    if (icmp && icmp->prohibited) {
      return {.outcome = SweepOutcome::filtered, .error = error, .reusable = false};
    }
  }
  const bool reusable = reuse_ && outcome == SweepOutcome::closed && leaves_no_trace(target);
  return {.outcome = outcome, .error = error, .reusable = reusable};
}

// A message that arrives while the kernel is busy with the socket is noted, and decides nothing
// there: the attempt would go on unheard. It is as good as an answer.
SweepEngine::Word SweepEngine::word_of_icmp(SweepProbe& probe) noexcept {
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

bool SweepEngine::conclude(SweepProbe& probe, const Word& word) {
  probe.reusable = word.reusable;
  switch (word.outcome) {
    case SweepOutcome::under_way:
      return false;
    case SweepOutcome::silent:
      return hear_silence(probe);
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
        // From the one port that it may leave from it would be the same for ever.
        tell(probe, SweepState::closed, ECONNREFUSED, microseconds(0));
        return true;
      }
      [[fallthrough]];
    case SweepOutcome::closed: {
      now_ = Clock::now();
      const auto taken = std::chrono::duration_cast<microseconds>(now_ - probe.sent);
      const microseconds rtt = std::max(taken, microseconds(1));
      learn(probe, rtt);
      tell(probe, state_of(word.outcome), word.error, rtt);
      return true;
    }
    case SweepOutcome::filtered:
    case SweepOutcome::unreachable:
    case SweepOutcome::failed:
      break;
  }
  tell(probe, state_of(word.outcome), word.error, microseconds(0));
  return true;
}

bool SweepEngine::hear_silence(SweepProbe& probe) {
  probe.close(loop_.native());
  short_until_ = now_;
  SweepProbe::Task& task = probe.task;
  if (!task.path->loopback) {
    hosts_.silent(task.target.address);
    ++task.path->silences;
  }
  task.lost_at = probe.sent;
  if (task.attempts > retries_for(probe)) {
    tell(probe, SweepState::filtered, 0, microseconds(0));
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
  const double loss = std::min(kLossUnknown * path.window.loss(), 0.9);
  if (loss <= 0) return options_.retries;
  const double attempts = std::ceil(std::log(kMissed) / std::log(loss));
  const double most = kMaxRetriesFactor * options_.retries;
  return std::max(options_.retries, static_cast<unsigned>(std::min(attempts - 1, most)));
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
  for (unsigned lost = task.attempts; lost > 1; --lost) {
    window.lost(task.lost_at, now_);
    network_.lost(task.lost_at, now_);
  }
}

void SweepEngine::tell(SweepProbe& probe, SweepState state, int error, microseconds rtt) {
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
  LoopInternals::guarded(loop_, "sweep report", [&] { sink_(result, socket); });
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
