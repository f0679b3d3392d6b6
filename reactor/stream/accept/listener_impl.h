// The parts of a Listener. Only for listener.cc and listener_pool.cc.
//
// Lifetime, thread: of the Listener; see let_go() for when it goes.
#ifndef SLUICE_REACTOR_STREAM_ACCEPT_LISTENER_IMPL_H
#define SLUICE_REACTOR_STREAM_ACCEPT_LISTENER_IMPL_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../base/backoff.h"
#include "../../loop/loop_internals.h"
#include "../../loop/paced_report.h"
#include "../../loop/timer.h"
#include "../connection_table.h"
#include "../descriptor_reserve.h"
#include "../listen_socket.h"
#include "../listener.h"
#include "../newcomer_limits.h"
#include "listener_spread.h"

namespace sluice {

// How long accepting pauses when the process or the system lacks a resource.
inline constexpr BackoffOptions kAcceptWaits{.first = std::chrono::milliseconds(50),
                                             .cap = std::chrono::milliseconds(1000),
                                             .jitter = Jitter::none,
                                             .seed = 0};

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
    if (options_.pool != nullptr && options_.pool->size() > 1) make_spread(face);
    if (loop.options().share_connections) group_.table().shares().add(share_);
    watcher_.bind<&Impl::on_ready>(this, socket_.fd());
    wait_for_newcomers();
  }
  ~Impl() override { close(); }

  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.endpoint(); }
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  [[nodiscard]] std::size_t connections() const noexcept { return group_.open() + handed_; }
  [[nodiscard]] const ListenerCounters& counters() const noexcept;

  // Called when the owner has destroyed the listener. If this was in a handler, a factory or a
  // reporter that the listener itself called, the object is deleted when they have returned.
  static void let_go(std::unique_ptr<Impl> impl) noexcept {
    impl->group_.listener = nullptr;
    impl->close();
    impl->cancel_drain();
    if (impl->calling_) impl.release()->orphaned_ = true;
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
    if (spread_) spread_->begin_drain();
    if (options_.on_drain && !std::exchange(drain_noted_, true)) request_end_of_turn();
  }
  void end_of_turn() override;
  [[nodiscard]] bool drained() const override {
    return ConnectionTable::drained(group_) && handed_ == 0;
  }
  void end_drain() override {
    group_.table().end_drain(group_);
    if (spread_) spread_->end_drain();
  }

 private:
  void wait_for_newcomers() noexcept {
    if (!closed_ && !paused_) watcher_.watch(loop().native(), kReadable);
  }
  void on_ready(int events) noexcept;
  void accept_some() noexcept;
  void after_wait();
  void welcome(Newcomer newcomer);
  [[nodiscard]] bool place(Newcomer& newcomer);
  void make_spread(const Listener& face);
  void welcome_back(Newcomers newcomers) noexcept;
  [[nodiscard]] NewcomerLimits::Open open_now() const noexcept;
  void turn_away(Refusal why, const Address& peer);
  void run_out(int error) noexcept;
  [[nodiscard]] Report describe_refusal() const;
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
  std::size_t handed_ = 0;  // to other loops of the pool: on their way, and open
  const FairShares::Member share_{group_.open(), options_.max_connections, handed_};
  // Of the latest newcomer that was refused.
  Refusal refused_by_ = Refusal::failed;
  Address refused_peer_;
  int shortage_ = 0;  // errno of the latest pause
  PacedReport refusals_;
  PacedReport shortages_;
  Timer retry_;
  Backoff waits_{kAcceptWaits};
  bool ran_out_ = false;      // and no newcomer has been accepted since
  bool recovered_ = false;    // one has; it is reported when it has lasted
  bool calling_ = false;      // functions of the program, which may destroy the listener
  bool orphaned_ = false;     // to be deleted when they have returned
  bool drain_noted_ = false;  // on_drain runs at the end of the turn, or has run
  bool paused_ = false;
  bool closed_ = false;
  std::unique_ptr<ListenerSpread> spread_;  // null without another loop
  mutable ListenerCounters sum_;            // of all loops, when they were asked for
  IoWatcher watcher_;
};

}  // namespace sluice

#endif
