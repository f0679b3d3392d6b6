#include "listener.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "../base/backoff.h"
#include "../base/try_again.h"
#include "../loop/loop_internals.h"
#include "../loop/paced_report.h"
#include "../loop/timer.h"
#include "connection_table.h"
#include "descriptor_reserve.h"
#include "listen_socket.h"
#include "newcomer_limits.h"

namespace sluice {

namespace {

// How long accepting pauses when the process or the system lacks a resource.
constexpr BackoffOptions kWaits{.first = std::chrono::milliseconds(50),
                                .cap = std::chrono::milliseconds(1000),
                                .jitter = Jitter::none,
                                .seed = 0};

}  // namespace

class Listener::Impl final : public LoopComponent {
 public:
  template <class... Socket>
  Impl(const Listener& face, Loop& loop, ProtocolFactory factory, const ListenerOptions& options,
       Socket&&... socket)
      : LoopComponent(loop),
        options_(in_range(options)),
        factory_(std::move(factory)),
        socket_(std::forward<Socket>(socket)...),
        limits_(options_),
        held_(ConnectionTable::of(loop).make_group(options.connection)),
        refusals_(loop, [this] { return describe_refusal(); }),
        shortages_(loop, [this] { return describe_shortage(); }),
        retry_(loop, [this] { after_wait(); }) {
    if (limits_.counts_sources() || options_.closed) {
      group_.on_gone = [this](const Connection& gone) {
        limits_.remove(gone.socket_peer());
        if (options_.closed) options_.closed(gone);
      };
    }
    group_.listener = &face;
    if (loop.options().share_connections) group_.table().shares().add(share_);
    watcher_.bind<&Impl::on_ready>(this, socket_.fd());
    wait_for_newcomers();
  }
  ~Impl() override { close(); }

  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.endpoint(); }
  [[nodiscard]] std::size_t connections() const noexcept { return group_.open(); }
  [[nodiscard]] const ListenerCounters& counters() const noexcept { return group_.counters; }

  // Called when the owner has destroyed the listener. If this was in a handler, a factory or a
  // reporter that the listener itself called, the object is deleted when they have returned.
  static void let_go(std::unique_ptr<Impl> impl) noexcept {
    impl->group_.listener = nullptr;
    impl->close();
    impl->cancel_drain();
    if (impl->accepting_) impl.release()->orphaned_ = true;
  }

  void close() noexcept {
    LoopInternals::assert_thread(loop());
    if (closed_) return;
    closed_ = true;
    group_.table().shares().remove(share_);
    retry_.stop();
    watcher_.stop(loop().native());
    socket_.close();
  }
  void set_paused(bool paused) noexcept {
    LoopInternals::assert_thread(loop());
    paused_ = paused;
    if (paused) {
      watcher_.stop(loop().native());
    } else {
      wait_for_newcomers();
    }
  }
  void begin_drain() override {
    close();
    group_.table().begin_drain(group_);
  }
  [[nodiscard]] bool drained() const override { return ConnectionTable::drained(group_); }
  void end_drain() override { group_.table().end_drain(group_); }

 private:
  void wait_for_newcomers() noexcept {
    if (!closed_ && !paused_) watcher_.watch(loop().native(), kReadable);
  }
  void on_ready(int events) noexcept;
  void accept_some() noexcept;
  void after_wait();
  void welcome(Fd newcomer, const Address& peer);
  [[nodiscard]] NewcomerLimits::Open open_now() const noexcept;
  void turn_away(Refusal why, const Address& peer);
  void run_out(int error) noexcept;
  [[nodiscard]] Report describe_refusal() const;
  void count_refused(Refusal why, std::uint64_t newcomers = 1) noexcept {
    group_.counters.refused += newcomers;
    group_.counters.refused_by[static_cast<std::size_t>(why)] += newcomers;
    LoopInternals::counters(loop()).refused += newcomers;
  }
  [[nodiscard]] Report describe_shortage() const;
  [[nodiscard]] Report make_report(Report::Kind kind, std::string what, int error) const;

  const ListenerOptions options_;
  ProtocolFactory factory_;
  ListenSocket socket_;
  DescriptorReserve reserve_;
  NewcomerLimits limits_;
  // Before the reports: the last of them are made while this object is destroyed, and describe it.
  const HeldGroup held_;
  ConnectionGroup& group_ = held_.group;
  const FairShares::Member share_{group_.open(), options_.max_connections};
  // Of the latest newcomer that was refused.
  Refusal refused_by_ = Refusal::failed;
  Address refused_peer_;
  int shortage_ = 0;  // errno of the latest pause
  PacedReport refusals_;
  PacedReport shortages_;
  Timer retry_;
  Backoff waits_{kWaits};
  bool ran_out_ = false;    // and no newcomer has been accepted since
  bool recovered_ = false;  // one has; it is reported when it has lasted
  bool accepting_ = false;  // on_ready() is running
  bool orphaned_ = false;   // to be deleted when it returns
  bool paused_ = false;
  bool closed_ = false;
  IoWatcher watcher_;
};

void Listener::Impl::on_ready(int events) noexcept {
  accepting_ = true;
  if ((events & kRefused) != 0) {
    run_out(ENOSPC);
  } else {
    accept_some();
  }
  accepting_ = false;
  if (orphaned_) delete this;
}

void Listener::Impl::accept_some() noexcept {
  for (std::size_t i = 0; i < options_.accept_batch && !closed_ && !paused_; ++i) {
    Address peer;
    Fd newcomer = socket_.accept(peer);
    const int error = errno;
    if (newcomer) {
      // A factory that throws, or no memory for a connection: only the newcomer is closed.
      const bool welcomed =
          LoopInternals::guarded(loop(), "accept", [&] { welcome(std::move(newcomer), peer); });
      if (!welcomed) count_refused(Refusal::failed);
      continue;
    }
    if (would_block(error)) return;
    if (newcomer_gone(error)) continue;
    return run_out(error);
  }
}

NewcomerLimits::Open Listener::Impl::open_now() const noexcept {
  const ConnectionTable& table = group_.table();
  const std::size_t limit = loop().options().max_connections;
  const bool shared = loop().options().share_connections;
  return {.here = group_.open(),
          .in_loop = loop().counters().connections_open,
          .loop_limit = limit,
          .promised = shared ? table.shares().promised_to_others(share_, limit) : 0,
          .memory_passed = table.memory().is_passed(),
          .memory_limit = table.memory().most()};
}

void Listener::Impl::welcome(Fd newcomer, const Address& peer) {
  if (ran_out_) {
    ran_out_ = false;
    recovered_ = true;
    waits_.reset();
    reserve_.refill();
    retry_.start(PacedReport::kPace);
  }
  if (const auto why = limits_.admit(peer, open_now(), loop().now())) return turn_away(*why, peer);
  try {
    const bool is_admitted = !options_.admit || options_.admit(newcomer.get(), peer);
    ProtocolRef protocol = is_admitted ? factory_(peer) : ProtocolRef(nullptr);
    if (protocol) {
      prepare_newcomer(newcomer.get(), peer, options_);
      const Wire wire(newcomer.get());
      if (group_.table().open(group_, newcomer, wire, peer, std::move(protocol)) != nullptr) {
        ++group_.counters.accepted;
        ++LoopInternals::counters(loop()).accepted;
        return;
      }
    }
  } catch (...) {
    limits_.remove(peer);
    throw;
  }
  limits_.remove(peer);
  count_refused(Refusal::not_admitted);
}

void Listener::Impl::turn_away(Refusal why, const Address& peer) {
  count_refused(why);
  refused_by_ = why;
  refused_peer_ = peer;
  refusals_.happened();
}

// No descriptor or memory for a newcomer. Refuses the waiting newcomers as far as the spare
// descriptor allows. Then stops accepting for a while: the socket stays readable, and the loop
// would spin.
void Listener::Impl::run_out(int error) noexcept {
  std::uint64_t turned_away = 0;
  if (error == EMFILE || error == ENFILE) {
    while (turned_away < options_.accept_batch && reserve_.turn_away(socket_.fd())) ++turned_away;
    // accept() needs a descriptor before it checks for a newcomer; here there was none.
    if (turned_away == 0 && would_block(errno)) return;
  }
  count_refused(Refusal::no_descriptor, turned_away);
  const bool waits =
      LoopInternals::guarded(loop(), "accept", [this] { retry_.start(waits_.next()); });
  // Without memory for the timer, try again at once: otherwise nothing would wake the listener.
  if (!waits) return wait_for_newcomers();
  LoopInternals::guarded(loop(), "accept", [&] {
    watcher_.stop(loop().native());
    ran_out_ = true;
    recovered_ = false;
    shortage_ = error;
    shortages_.happened();
  });
}

void Listener::Impl::after_wait() {
  wait_for_newcomers();
  if (!recovered_) return;
  // A shortage was reported just now; the recovery is reported when a second has passed.
  if (shortages_.is_holding_back()) return retry_.start(PacedReport::kPace);
  recovered_ = false;
  shortages_.hold_back();  // one report a second, of either kind
  // Last, because the reporter may destroy this listener.
  loop().report(make_report(Report::Kind::accept_resumed, "accepting resumed", 0));
}

Report Listener::Impl::describe_refusal() const {
  return make_report(Report::Kind::refused,
                     limits_.describe(refused_by_, refused_peer_, open_now()), 0);
}

Report Listener::Impl::describe_shortage() const {
  const bool resources = out_of_resources(shortage_);
  return make_report(resources ? Report::Kind::out_of_descriptors : Report::Kind::socket_error,
                     std::generic_category().message(shortage_) + "; accepting is paused",
                     shortage_);
}

Report Listener::Impl::make_report(Report::Kind kind, std::string what, int error) const {
  return {.kind = kind,
          .where = endpoint().to_string(),
          .what = std::move(what),
          .error = std::error_code(error, std::generic_category())};
}

Listener::Listener(Loop& loop, const Endpoint& endpoint, ProtocolFactory factory,
                   const ListenerOptions& options)
    : impl_(std::make_unique<Impl>(*this, loop, std::move(factory), options, endpoint, options)) {}

Listener::Listener(Loop& loop, const Endpoint& endpoint, Protocol& protocol,
                   const ListenerOptions& options)
    : Listener(
          loop, endpoint, [&protocol](const Address&) { return ProtocolRef(protocol); }, options) {}

Listener::Listener(Loop& loop, Fd listening, ProtocolFactory factory,
                   const ListenerOptions& options)
    : impl_(std::make_unique<Impl>(*this, loop, std::move(factory), options, std::move(listening),
                                   options)) {}

Listener::~Listener() { Impl::let_go(std::move(impl_)); }

const Endpoint& Listener::endpoint() const noexcept { return impl_->endpoint(); }
std::size_t Listener::connections() const noexcept { return impl_->connections(); }
const ListenerCounters& Listener::counters() const noexcept { return impl_->counters(); }
void Listener::close() noexcept { impl_->close(); }
void Listener::pause() noexcept { impl_->set_paused(true); }
void Listener::resume() noexcept { impl_->set_paused(false); }
void Listener::drain(std::chrono::milliseconds deadline, Task done) {
  impl_->drain(deadline, std::move(done));
}
bool Listener::draining() const noexcept { return impl_->draining(); }

}  // namespace sluice
