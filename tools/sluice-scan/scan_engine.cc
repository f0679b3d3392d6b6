#include "scan_engine.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "../common/descriptor_limit.h"

namespace sluice::tools::scan {
namespace {

// For the standard streams, the listings, the loop and the resolver.
constexpr std::size_t kOwnDescriptors = 64;
constexpr std::size_t kMaxUsed = 1'000'000;
// Ports of hosts that are down are passed over for so long at once. To end a sweep for the other
// work of the loop costs what it knew of the path. The clock is read after so many ports.
constexpr std::chrono::milliseconds kPassing{10};
constexpr std::size_t kPassedAtOnce = 1024;

// A probe in flight is a descriptor.
std::size_t usable_descriptors() {
  const std::size_t all = std::min(raise_descriptor_limit().count, kMaxUsed);
  return all > 2 * kOwnDescriptors ? all - kOwnDescriptors : all / 2;
}

}  // namespace

ScanEngine::ScanEngine(Loop& loop, const ScanSpace& space, Options options, ScanEvents& events)
    : loop_(loop),
      space_(space),
      options_(std::move(options)),
      events_(events),
      rounds_(space, options_.next),
      next_(options_.next),
      again_(std::move(options_.pending)),
      next_sweep_(loop, [this] { make_sweep(); }) {
  if (options_.udp) return;
  if (options_.banner || options_.tls || options_.probe) take_sockets();
  if (options_.banner) banners_ = std::make_unique<BannerReader>(loop, *options_.banner, sockets_);
  if (options_.tls) handshakes_ = std::make_unique<TlsProber>(loop, *options_.tls, sockets_);
  if (!options_.probe) return;
  ServiceProber::Options probe;
  probe.from = options_.sweep.from;
  probe.patience = *options_.probe;
  probe.wants_tls = TlsProber::is_built_in();
  services_ = std::make_unique<ServiceProber>(loop, probe);
}

void ScanEngine::take_sockets() {
  const std::size_t descriptors = usable_descriptors();
  const std::size_t most = options_.banner ? BannerReader::kMaxSockets : TlsProber::kMaxSockets;
  sockets_ = std::clamp<std::size_t>(descriptors / 4, 1, most);
  // The sweep could take all the rest, and each side would then wait for the other.
  const std::size_t rest = std::max<std::size_t>(descriptors - sockets_, 1);
  std::size_t& parallel = options_.sweep.parallel;
  parallel = parallel == 0 ? rest : std::min(parallel, rest);
}

ScanEngine::~ScanEngine() = default;

void ScanEngine::start() { make_sweep(); }

void ScanEngine::make_sweep() {
  if (options_.udp) return make_udp_sweep();
  if (sweep_ != nullptr) options_.sweep.first_rate = sweep_->rate();
  sweep_ = std::make_unique<Sweep>(
      loop_, options_.sweep, [this] { return take_next(); },
      [this](const SweepResult& result, Fd& socket) { on_result(result, socket); },
      [this] { on_swept(); });
  sweep_->start();
}

void ScanEngine::make_udp_sweep() {
  UdpSweep::Options udp;
  udp.bind = options_.sweep.from.address;
  udp.first_timeout = options_.sweep.first_timeout;
  udp.max_timeout = options_.sweep.max_timeout;
  udp.retries = options_.sweep.retries;
  udp.rate = options_.sweep.rate;
  udp.rate_on_loopback = options_.sweep.rate_on_loopback;
  udp.parallel = options_.sweep.parallel;
  udp_sweep_ = std::make_unique<UdpSweep>(
      loop_, udp, [this] { return take_next(); },
      [this](const UdpResult& result) { on_udp_result(result); }, [this] { on_swept(); });
  udp_sweep_->start();
}

void ScanEngine::on_udp_result(const UdpResult& result) {
  PortFacts facts;
  if (options_.banner) {
    facts.banner = printable_banner(result.answer.substr(0, BannerReader::kMaxBanner));
  }
  events_.on_port({result.target, result.state, result.error, result.rtt}, facts);
}

void ScanEngine::stop_sweep() {
  if (sweep_ != nullptr) sweep_->stop();
  if (udp_sweep_ != nullptr) udp_sweep_->stop();
}

std::vector<SweepTarget> ScanEngine::swept_now() const {
  if (udp_sweep_ != nullptr) return udp_sweep_->pending();
  return sweep_ != nullptr ? sweep_->pending() : std::vector<SweepTarget>();
}

void ScanEngine::on_swept() {
  if (again_.empty() && next_ == space_.size()) {
    swept_ = true;
    return end_if_done();
  }
  if (again_.empty()) rounds_.all_known();
  // Another round, or a port that was found open when the source had ended. Later, because a sweep
  // must not be destroyed inside its own function.
  next_sweep_.start(std::chrono::milliseconds(0));
}

std::optional<SweepTarget> ScanEngine::take_next() {
  if (halted_ || stopped_) return std::nullopt;
  if (again_.empty()) return take_new();
  const std::uint64_t position = again_.back();
  again_.pop_back();
  return SweepTarget{space_.address(space_.place(position)), position};
}

// Nothing also ends a sweep whose results have to be known: on_swept() begins another one.
std::optional<SweepTarget> ScanEngine::take_new() {
  TimePoint begin{};
  for (std::size_t passed = 0; next_ < space_.size(); ++passed) {
    if (rounds_.must_wait(next_)) break;
    if (passed == kPassedAtOnce) begin = Clock::now();
    const bool looks = passed > kPassedAtOnce && passed % kPassedAtOnce == 0;
    if (looks && Clock::now() - begin >= kPassing) break;
    const std::uint64_t position = next_++;
    const ScanSpace::Place place = space_.place(position);
    const SweepTarget target{space_.address(place), position};
    const auto state = rounds_.state_of_down(position, place);
    if (!state) return target;
    const int error = *state == PortState::unreachable ? EHOSTUNREACH : 0;
    events_.on_port({target, *state, error, {}}, no_facts_);
    if (halted_ || stopped_) break;
  }
  return std::nullopt;
}

void ScanEngine::on_result(const SweepResult& result, Fd& socket) {
  const PortResult port{result.target, port_state(result.state), result.error, result.rtt};
  // Now, and not when the port is reported: the round may end while its facts are waited for.
  rounds_.saw(port);
  if (options_.verify && to_verify_.erase(result.target.tag) == 0 &&
      result.state == SweepState::open) {
    to_verify_.insert(result.target.tag);
    again_.push_back(result.target.tag);
    return;
  }
  const bool asks = banners_ != nullptr || handshakes_ != nullptr || services_ != nullptr;
  if (result.state != SweepState::open || !asks || !socket) {
    events_.on_port(port, no_facts_);
    return;
  }
  listened_to_.insert(result.target.tag);
  listen_to(port, std::move(socket));
  if (!full()) return;
  listening_ = true;
  halt();
}

void ScanEngine::listen_to(const PortResult& port, Fd socket) {
  if (banners_ != nullptr) {
    banners_->add(std::move(socket), [this, port](const std::string& banner) {
      on_facts(port, {banner, {}, {}});
    });
  } else if (services_ != nullptr) {
    services_->add(std::move(socket), port.target.address,
                   [this, port](ServiceProber::Found found) {
                     const std::string_view unknown = found.unknown;
                     PortFacts facts;
                     facts.banner = printable_banner(unknown.substr(0, BannerReader::kMaxBanner));
                     facts.service = std::move(found.facts);
                     if (!found.tls || stopped_) return on_facts(port, facts);
                     shake_hands(port, std::move(found.tls), std::move(facts));
                   });
  } else {
    shake_hands(port, std::move(socket), {});
  }
}

void ScanEngine::shake_hands(const PortResult& port, Fd socket, PortFacts facts) {
  // With --probe, most scans find no TLS and need nothing of OpenSSL.
  if (handshakes_ == nullptr) {
    handshakes_ = std::make_unique<TlsProber>(loop_, *options_.probe, sockets_);
  }
  handshakes_->add(std::move(socket), options_.name_of(port.target.address),
                   [this, port, known = std::move(facts)](const std::optional<TlsFacts>& tls) {
                     PortFacts all = known;
                     all.tls = tls;
                     on_facts(port, all);
                   });
}

// Each of those that are listened to has one socket, whoever has it now.
bool ScanEngine::full() const noexcept { return listened_to_.size() >= sockets_; }

void ScanEngine::on_facts(const PortResult& result, const PortFacts& facts) {
  listened_to_.erase(result.target.tag);
  // Half of them, because going on costs what the sweep knew of the path.
  if (listening_ && listened_to_.size() <= sockets_ / 2) {
    listening_ = false;
    go_on();
  }
  events_.on_port(result, facts);
  end_if_done();
}

void ScanEngine::end_if_done() {
  if (!swept_ || stopped_ || ended_ || !listened_to_.empty()) return;
  ended_ = true;
  events_.on_scanned();
}

void ScanEngine::pause() {
  paused_ = true;
  halt();
}

void ScanEngine::resume() {
  paused_ = false;
  go_on();
}

void ScanEngine::halt() {
  if (stopped_ || swept_) return;
  halted_ = true;
  next_sweep_.stop();
  stop_sweep();
}

void ScanEngine::go_on() {
  if (!halted_ || paused_ || listening_ || stopped_) return;
  halted_ = false;
  for (const SweepTarget& target : swept_now()) again_.push_back(target.tag);
  make_sweep();
}

void ScanEngine::stop() {
  if (std::exchange(stopped_, true)) return;
  next_sweep_.stop();
  stop_sweep();
  if (banners_ != nullptr) banners_->finish();
  if (services_ != nullptr) services_->finish();
  if (handshakes_ != nullptr) handshakes_->finish();
}

std::vector<std::uint64_t> ScanEngine::pending() const {
  std::vector<std::uint64_t> positions = again_;
  positions.insert(positions.end(), listened_to_.begin(), listened_to_.end());
  for (const SweepTarget& target : swept_now()) positions.push_back(target.tag);
  return positions;
}

}  // namespace sluice::tools::scan
