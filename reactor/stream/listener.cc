#include "listener.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "../base/try_again.h"
#include "accept/listener_impl.h"

namespace sluice {

void Listener::Impl::on_ready(int events) noexcept {
  calling_ = true;
  if ((events & kRefused) != 0) {
    run_out(ENOSPC);
  } else {
    accept_some();
  }
  calling_ = false;
  if (orphaned_) delete this;
}

// After begin_drain().
void Listener::Impl::end_of_turn() {
  calling_ = true;
  LoopInternals::guarded(loop(), "drain", options_.on_drain);
  calling_ = false;
  if (orphaned_) delete this;
}

void Listener::Impl::accept_some() noexcept {
  for (std::size_t i = 0; i < options_.accept_batch && !closed_ && !paused_; ++i) {
    Newcomer newcomer;
    newcomer.socket = socket_.accept(newcomer.peer);
    const int error = errno;
    if (newcomer.socket) {
      // A factory that throws, or no memory for a connection: only the newcomer is closed.
      const bool welcomed =
          LoopInternals::guarded(loop(), "accept", [&] { welcome(std::move(newcomer)); });
      if (!welcomed) count_refused(group_, Refusal::failed);
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
  return {.here = connections(),
          .in_loop = loop().counters().connections_open + LoopInternals::handed_over(loop()),
          .loop_limit = limit,
          .promised = shared ? table.shares().promised_to_others(share_, limit) : 0,
          .memory_passed = table.memory().is_passed(),
          .memory_limit = table.memory().most()};
}

void Listener::Impl::welcome(Newcomer newcomer) {
  if (ran_out_) {
    ran_out_ = false;
    recovered_ = true;
    waits_.reset();
    reserve_.refill();
    retry_.start(PacedReport::kPace);
  }
  const Address& peer = newcomer.peer;
  NewcomerLimits::Open open = open_now();
  if (open.memory_passed && spread_ && spread_->has_room()) open.memory_passed = false;
  if (const auto why = limits_.admit(peer, open, loop().now())) return turn_away(*why, peer);
  try {
    const bool is_admitted = !options_.admit || options_.admit(newcomer.socket.get(), peer);
    if (is_admitted && place(newcomer)) return;
  } catch (...) {
    limits_.remove(peer);
    throw;
  }
  limits_.remove(peer);
  count_refused(group_, Refusal::not_admitted);
}

// Returns false if it is refused.
bool Listener::Impl::place(Newcomer& newcomer) {
  if (spread_ && spread_->hand_over(newcomer)) return true;
  return open_newcomer(group_, factory_, options_, newcomer);
}

void Listener::Impl::turn_away(Refusal why, const Address& peer) {
  count_refused(group_, why);
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
  count_refused(group_, Refusal::no_descriptor, turned_away);
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
int Listener::native_handle() const noexcept { return impl_->fd(); }
const ListenerCounters& Listener::counters() const noexcept { return impl_->counters(); }
void Listener::close() noexcept { impl_->close(); }
void Listener::pause() noexcept { impl_->set_paused(true); }
void Listener::resume() noexcept { impl_->set_paused(false); }
void Listener::drain(std::chrono::milliseconds deadline, Task done) {
  impl_->drain(deadline, std::move(done));
}
bool Listener::draining() const noexcept { return impl_->draining(); }

}  // namespace sluice
