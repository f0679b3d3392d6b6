#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "clients.h"
#include "scenario.h"
#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/resolver.h>
#include <sluice/sweep.h>
#include <sluice/timer.h>

namespace sluice::faults {
namespace {

using std::chrono::milliseconds;

// Not 127.0.0.1, which other tests scan.
constexpr const char* kHost = "127.83.76.3";
constexpr milliseconds kDeadline{2000};
constexpr std::size_t kTargets = 4;

// The peers: a server that answers, a port where nothing listens, and a name server that knows no
// name. No call of theirs fails.
class OtherSide {
 public:
  OtherSide() {
    listening_ = bound(SOCK_STREAM, listens_at_);
    if (::listen(listening_.get(), 64) != 0) std::abort();
    names_ = bound(SOCK_DGRAM, names_at_);
    // Bound and not listening. Closed, the port could become another scenario's beside this one.
    refusing_ = bound(SOCK_STREAM, refuses_at_);
    if (::pipe(ends_.data()) != 0) std::abort();
    thread_ = std::thread([this] {
      const Exempt from_faults;
      serve();
    });
  }
  OtherSide(const OtherSide&) = delete;
  OtherSide& operator=(const OtherSide&) = delete;
  ~OtherSide() {
    ::close(ends_[1]);
    thread_.join();
    ::close(ends_[0]);
  }
  [[nodiscard]] const Address& listens_at() const noexcept { return listens_at_; }
  [[nodiscard]] const Address& refuses_at() const noexcept { return refuses_at_; }
  [[nodiscard]] const Address& names_at() const noexcept { return names_at_; }

 private:
  static Fd bound(int type, Address& at) {
    Fd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    at = *Address::from_ip(kHost, 0);
    if (!fd || ::bind(fd.get(), at.data(), at.size()) != 0) std::abort();
    at = Address::local_of(fd.get());
    return fd;
  }
  // Says "hello" to each that comes and lets go of it when it has ended.
  void serve() {
    std::vector<Fd> guests;
    for (;;) {
      std::vector<pollfd> wanted{
          {ends_[0], POLLIN, 0}, {listening_.get(), POLLIN, 0}, {names_.get(), POLLIN, 0}};
      for (const Fd& guest : guests) wanted.push_back({guest.get(), POLLIN, 0});
      if (::poll(wanted.data(), wanted.size(), -1) < 0) std::abort();
      if (wanted[0].revents != 0) return;
      for (std::size_t i = wanted.size(); i-- > 3;) {
        if (wanted[i].revents != 0) guests.erase(guests.begin() + static_cast<long>(i - 3));
      }
      if (wanted[1].revents != 0) {
        Fd guest(::accept(listening_.get(), nullptr, nullptr));
        if (guest && ::send(guest.get(), "hello", 5, MSG_NOSIGNAL) == 5) {
          guests.push_back(std::move(guest));
        }
      }
      if (wanted[2].revents != 0) deny();
    }
  }
  // RFC 1035: the question comes back as a response, code 3: there is no such name.
  void deny() {
    std::array<unsigned char, 512> message;
    sockaddr_in from;
    socklen_t size = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const ssize_t count =
        ::recvfrom(names_.get(), message.data(), message.size(), 0, address, &size);
    if (count < 12) return;
    message[2] |= 0x80;
    message[3] = 0x83;
    ::sendto(names_.get(), message.data(), static_cast<std::size_t>(count), 0, address, size);
  }

  Fd listening_;
  Fd refusing_;
  Fd names_;
  Address listens_at_;
  Address refuses_at_;
  Address names_at_;
  std::array<int, 2> ends_{-1, -1};
  std::thread thread_;
};

// Waits for its greeting and ends.
class Guest final : public Protocol {
 public:
  Guest(Fate& fate, std::function<void()> gone) : fate_(fate), gone_(std::move(gone)) {}
  void on_open(Connection& /*connection*/) override { ++fate_.opened; }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    constexpr std::size_t kGreeting = 5;
    if (in.size() < kGreeting) return 0;
    connection.close();
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code reason) override {
    ++fate_.ended;
    fate_.reason = reason;
    gone_();
  }

 private:
  Fate& fate_;
  std::function<void()> gone_;
};

class Traveller {
 public:
  Traveller(Backend backend, Sighting& seen, const OtherSide& there)
      : seen_(seen),
        there_(there),
        loop_(LoopOptions{.backend = backend}),
        connector_(loop_, connector_options()),
        refused_(loop_, connector_options()),
        resolver_(loop_, resolver_options(there)),
        sweep_(
            loop_, sweep_options(), [this] { return next_target(); },
            [this](const SweepResult& result, Fd& /*socket*/) { report(result); },
            [this] { finish(swept_); }),
        late_(loop_, [this] { loop_.stop(); }) {
    loop_.set_reporter([](const Report&) {});
    seen.asks_for_names = true;
    late_.start(2 * kDeadline);
    begin(connected_, [this] {
      connector_.start(
          {there_.refuses_at(), there_.listens_at()},
          [this](const Address&) -> ProtocolRef {
            return std::make_unique<Guest>(seen_.connections.add(), [this] { finish(connected_); });
          },
          [this](const ConnectError& error) {
            connected_.surprises(error_of(error, there_.listens_at()));
            finish(connected_);
          });
    });
    begin(denied_, [this] {
      refused_.start_socket(
          {there_.refuses_at()},
          [this](Fd) {
            denied_.surprises({});
            finish(denied_);
          },
          [this](const ConnectError& error) {
            const std::error_code why = error_of(error, there_.refuses_at());
            if (why != std::errc::connection_refused) denied_.surprises(why);
            finish(denied_);
          });
    });
    begin(named_, [this] {
      resolver_.addresses("nobody.example.", 80, AF_UNSPEC,
                          [this](std::error_code error, std::vector<Address>) {
                            if (error != ResolverError::not_found) named_.surprises(error);
                            finish(named_);
                          });
    });
    begin(numeric_, [this] {
      resolver_.addresses(kHost, 80, AF_INET,
                          [this](std::error_code error, std::vector<Address> found) {
                            if (error || found.size() != 1) numeric_.surprises(error);
                            finish(numeric_);
                          });
    });
    begin(swept_, [this] { sweep_.start(); });
  }

  void run() {
    loop_.run();
    seen_.turns = loop_.counters().turns;
    // Each target once, whatever became of it; what was not pulled is the sweep's loss.
    if (std::any_of(told_.begin(), told_.begin() + static_cast<long>(pulled_),
                    [](unsigned times) { return times != 1; })) {
      ++seen_.clients_failed;
      seen_.client_complaint += "a target was not told of once; ";
    }
    if (surprising_targets_ > 1) {
      ++seen_.clients_failed;
      seen_.client_complaint += "more than one target came out otherwise; ";
    }
    if (late_.running()) return;
    ++seen_.one_shots.add().opened;
    seen_.client_complaint += "it was not done in time; ";
  }

 private:
  static ConnectorOptions connector_options() {
    ConnectorOptions options;
    options.attempt_delay = milliseconds(20);
    options.timeout = kDeadline;
    options.connection.idle_timeout = kDeadline;
    options.connection.linger_timeout = milliseconds(200);
    return options;
  }
  static ResolverOptions resolver_options(const OtherSide& there) {
    ResolverOptions options;
    options.try_timeout = milliseconds(500);
    options.tries = 2;
    options.deadline = kDeadline;
    options.servers = {there.names_at()};
    return options;
  }
  static SweepOptions sweep_options() {
    SweepOptions options;
    options.min_timeout = milliseconds(500);  // on a loaded machine a word takes its time
    options.first_timeout = options.min_timeout;
    options.max_timeout = milliseconds(800);
    options.retries = 1;
    return options;
  }
  template <class Start>
  void begin(Fate& fate, Start&& start) {
    start();
    ++fate.opened;
    ++under_way_;
  }
  void finish(Fate& fate) {
    ++fate.ended;
    if (fate.ended == 1 && --under_way_ == 0) loop_.stop();
  }
  std::optional<SweepTarget> next_target() {
    if (pulled_ == kTargets) return std::nullopt;
    const Address& to = pulled_ % 2 == 0 ? there_.listens_at() : there_.refuses_at();
    return SweepTarget{.address = to, .tag = pulled_++};
  }
  void report(const SweepResult& result) {
    ++told_[result.target.tag];
    const bool listens = result.target.address == there_.listens_at();
    if (result.state == (listens ? SweepState::open : SweepState::closed)) return;
    ++surprising_targets_;
    swept_.surprises({result.error, std::generic_category()});
  }
  static std::error_code error_of(const ConnectError& error, const Address& address) {
    for (const ConnectFailure& failure : error.failures) {
      if (failure.address == address) return failure.error;
    }
    return {};
  }

  Sighting& seen_;
  const OtherSide& there_;
  Fate& connected_ = seen_.one_shots.add();
  Fate& denied_ = seen_.one_shots.add();
  Fate& named_ = seen_.one_shots.add();
  Fate& numeric_ = seen_.one_shots.add();
  Fate& swept_ = seen_.one_shots.add();
  std::size_t under_way_ = 0;
  std::size_t pulled_ = 0;
  std::array<unsigned, kTargets> told_{};
  unsigned surprising_targets_ = 0;
  Loop loop_;
  Connector connector_;
  Connector refused_;
  Resolver resolver_;
  Sweep sweep_;
  Timer late_;
};

}  // namespace

void run_reaching_out(Backend backend, Sighting& seen) {
  auto there = std::make_unique<OtherSide>();
  start_counting();
  note_what_it_throws(seen, [&] {
    Traveller traveller(backend, seen, *there);
    traveller.run();
  });
  stop_counting();
  there.reset();
}

}  // namespace sluice::faults
