#include "udp_sweep.h"

#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include "udp_payloads.h"
#include "udp_sweep_parts.h"

namespace sluice::tools::scan {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kMinTimeout{250};  // services look things up before they answer
constexpr milliseconds kBlocked{5};
// Answers are read after so many datagrams, since the kernel's queue of messages is short.
constexpr int kSentAtOnce = 32;
constexpr int kSentInTurn = 512;
std::size_t index_of(const Address& address) noexcept {
  return address.family() == AF_INET6 ? 1 : 0;
}

}  // namespace

UdpSweep::UdpSweep(Loop& loop, const Options& options, SweepSource source, Sink sink,
                   SweepDone done)
    : loop_(loop),
      options_(options),
      source_(std::move(source)),
      sink_(std::move(sink)),
      done_(std::move(done)),
      now_(Clock::now()),
      pacer_(options.rate),
      silence_(now_),
      slots_(now_),
      timer_(loop, [this] { turn(); }) {
  assert(source_ && sink_ && done_);
  if (options_.parallel == 0) options_.parallel = kMaxProbes;
  options_.parallel = std::min(options_.parallel, kMaxProbes);
}

UdpSweep::~UdpSweep() = default;

void UdpSweep::start() {
  running_ = true;
  timer_.start(milliseconds(0));
}

void UdpSweep::stop() noexcept {
  running_ = false;
  timer_.stop();
  for (auto& watch : watches_) {
    if (watch != nullptr) watch->stop();
  }
}

std::vector<SweepTarget> UdpSweep::pending() const {
  std::vector<SweepTarget> targets;
  targets.reserve(probes_.size());
  for (const auto& [address, probe] : probes_) targets.push_back(probe->target);
  return targets;
}

void UdpSweep::turn() {
  now_ = Clock::now();
  // What is not read yet may be the answer of a probe that seems to be silent.
  const bool all_read = drain();
  while (running_ && all_read) {
    SweepWheel::Entry* const due = silence_.take_due(now_);
    if (due == nullptr) break;
    on_silence(static_cast<Probe&>(*due));
  }
  while (running_) {
    SweepWheel::Entry* const due = slots_.take_due(now_);
    if (due == nullptr) break;
    begin_slot(static_cast<Host&>(*due));
  }
  pump();
  if (!running_) return;
  if (finished()) {
    stop();
    return done_();
  }
  arm();
}

void UdpSweep::arm() {
  std::optional<TimePoint> due = silence_.next();
  const auto not_after = [&due](TimePoint time) { due = due ? std::min(*due, time) : time; };
  if (const auto slot = slots_.next()) not_after(*slot);
  if (!ready_.empty() || (!exhausted_ && probes_.size() < options_.parallel)) {
    not_after(std::max(now_, std::max(blocked_until_, pacer_.next())));
  }
  if (!due) return;
  // Rounded up: a timer that is early would only come again.
  const auto left = std::chrono::ceil<milliseconds>(std::max(*due - now_, Clock::duration(0)));
  timer_.start(left);
}

void UdpSweep::pump() {
  for (int sent = 0; running_ && sent < kSentInTurn && now_ >= blocked_until_; ++sent) {
    Probe* const probe = next_probe();
    if (probe == nullptr) return;
    if (!send(*probe)) {
      ready_.push_front(*probe);
      blocked_until_ = now_ + kBlocked;
    }
    if (sent % kSentAtOnce == kSentAtOnce - 1 && !drain()) return;
    now_ = Clock::now();
  }
}

UdpSweep::Probe* UdpSweep::next_probe() {
  Probe* const probe = ready_.empty() ? pull() : &ready_.front();
  if (probe == nullptr) return nullptr;
  probe->unlink();
  const bool paced = options_.rate_on_loopback || !probe->host->loopback;
  if (!paced) return probe;
  if (!pacer_.ready(now_)) {
    ready_.push_front(*probe);
    return nullptr;
  }
  pacer_.take(now_);
  return probe;
}

UdpSweep::Probe* UdpSweep::pull() {
  if (exhausted_ || probes_.size() >= options_.parallel) return nullptr;
  const std::optional<SweepTarget> target = source_();
  if (!target) {
    exhausted_ = true;
    return nullptr;
  }
  auto probe = std::make_unique<Probe>();
  probe->target = *target;
  probe->host = &host_of(target->address);
  ++probe->host->probes;
  Probe& added = *probe;
  probes_[target->address] = std::move(probe);
  return &added;
}

UdpSweep::Host& UdpSweep::host_of(const Address& target) {
  Address address = target;
  address.set_port(0);
  const auto known = hosts_.find(address);
  if (known != hosts_.end()) return *known->second;
  if (hosts_.size() >= kMaxHosts) {
    std::erase_if(hosts_, [](const auto& each) { return each.second->probes == 0; });
  }
  auto host = std::make_unique<Host>();
  host->loopback = target.is_loopback();
  return *(hosts_[address] = std::move(host));
}

bool UdpSweep::send(Probe& probe) {
  const Address& to = probe.target.address;
  UdpSocket& socket = sockets_[index_of(to)];
  auto& watch = watches_[index_of(to)];
  if (watch == nullptr) {
    if (const int error = socket.open(to.family(), options_.bind)) {
      throw std::system_error(error, std::generic_category(), "a UDP socket");
    }
    // Its time comes in turn(), which arms the timer again.
    watch = std::make_unique<Watch>(loop_, socket.fd(), [this](int) { turn(); });
    watch->watch(kReadable);
  }
  const int error = socket.send(to, udp_payload(to.port(), probe.attempts));
  if (error == EAGAIN) return false;
  probe.sent = now_;
  ++probe.attempts;
  if (error == 0) {
    silence_.add(probe, now_ + timeout_of(probe));
  } else {
    const bool route = error == ENETUNREACH || error == EHOSTUNREACH;
    report(probe, route ? PortState::unreachable : PortState::failed, error, false, {});
  }
  return true;
}

microseconds UdpSweep::timeout_of(const Probe& probe) const noexcept {
  const SweepRtt& rtt = probe.host->rtt;
  microseconds timeout = options_.first_timeout;
  if (rtt.known()) timeout = std::max<microseconds>(kMinTimeout, 2 * rtt.timeout());
  if (probe.attempts > 1) timeout *= 2;
  return std::min<microseconds>(timeout, options_.max_timeout);
}

}  // namespace sluice::tools::scan
