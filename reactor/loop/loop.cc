#include "loop.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include "../base/counting.h"
#include "handler_reports.h"
#include "libev_loop.h"
#include "loop_component.h"
#include "loop_drain.h"
#include "loop_mailbox.h"
#include "paced_report.h"
#include "timer_descriptor.h"

namespace sluice {

namespace {

unsigned backend_flag(Backend backend) {
  switch (backend) {
    case Backend::epoll:
      return detail::kBackendEpoll;
    case Backend::poll:
      return detail::kBackendPoll;
    case Backend::select:
      return detail::kBackendSelect;
    case Backend::automatic:
      break;
  }
  // Not libev's own choice, which may be a backend that this library rejects.
  return detail::kBackendEpoll | detail::kBackendPoll | detail::kBackendSelect;
}

}  // namespace

Loop::Loop() : Loop(LoopOptions{}) {}

Loop::Loop(const LoopOptions& options)
    : options_(options), budget_(options.turn_budget, options.turn_messages, options.virtual_time) {
  ev_ = detail::loop_new(backend_flag(options.backend));
  if (ev_ == nullptr) {
    const int error = errno;
    const std::string name(to_string(options.backend));
    if (error == EMFILE || error == ENFILE || error == ENOMEM) {
      throw std::system_error(error, std::generic_category(), "event loop, backend " + name);
    }
    throw std::invalid_argument("backend " + name + " is not available on this system");
  }
  try {
    begin();
  } catch (...) {
    mailbox_.reset();  // its watcher is stopped in the loop
    detail::loop_destroy(ev_);
    throw;
  }
}

Loop::Loop(struct ev_loop* host, const LoopOptions& options)
    : options_(options),
      ev_(host),
      owns_ev_(false),
      budget_(options.turn_budget, options.turn_messages, options.virtual_time) {
  assert(host != nullptr && !options.virtual_time);
  begin();
}

void Loop::begin() {
  // make_unique() would write to every page of it.
  read_buffer_.reset(new std::byte[kReadBufferSize]);
  mailbox_ = std::make_unique<LoopMailbox>(ev_, owns_ev_, [this](std::vector<Task>& tasks) {
    for (Task& task : tasks) guarded("post", task);
  });
  after_wait_.bind<&Loop::on_woken>(this);
  before_wait_.bind<&Loop::on_before_wait>(this);
  timer_.bind<&Loop::on_timer>(this);
  if (options_.precise_timers && !options_.virtual_time) make_precise();
  after_wait_.start(ev_);
  before_wait_.start(ev_);
}

Loop::~Loop() {
  assert(not_run_elsewhere());
  assert(!running_ && "a loop must not be destroyed by its own callback");
  // A task may own a listener, a timer or a resolver, which use all that the loop has. An
  // on_close() may post such a task, and a task may open a connection when it is destroyed.
  while (wind_up()) {
  }
  connections_.reset();
  while (paced_reports_ != nullptr) paced_reports_->detach();
  assert(components_.empty() && "listeners and sockets must be destroyed before their loop");
  assert(timers_.empty() && "timers must be destroyed before their loop");
  mailbox_.reset();
  no_wait_.stop(ev_);
  timer_.stop(ev_);
  if (precise_) precise_watcher_.stop(ev_);
  before_wait_.stop(ev_);
  after_wait_.stop(ev_);
  if (owns_ev_) detail::loop_destroy(ev_);
}

bool Loop::wind_up() noexcept {
  drain_.reset();
  const bool posted = mailbox_->drop();
  std::vector<Task> deferred;
  deferred.swap(deferred_);
  const bool dropped = posted || !deferred.empty();
  deferred.clear();
  return (connections_ != nullptr && connections_->close_all()) || dropped;
}

Backend Loop::backend() const noexcept {
  switch (detail::loop_backend(ev_)) {
    case detail::kBackendEpoll:
      return Backend::epoll;
    case detail::kBackendPoll:
      return Backend::poll;
    case detail::kBackendSelect:
      return Backend::select;
    default:
      return Backend::automatic;  // a host may use a backend that we reject
  }
}

bool Loop::not_run_elsewhere() const noexcept {
  const std::thread::id thread = thread_.load(std::memory_order_relaxed);
  if (thread == std::thread::id() || thread == std::this_thread::get_id()) return true;
  // A host's ev_run() returns without calling us.
  return !owns_ev_ && detail::loop_depth(ev_) == 0;
}

// A host runs its loop itself, perhaps in another thread than before.
void Loop::note_hosts_thread() noexcept {
#ifndef NDEBUG
  if (!owns_ev_) thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
#endif
}

void Loop::run_in(detail::RunMode mode) {
  assert(not_run_elsewhere());
  assert(!running_ && "a loop is not run from its own callbacks");
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  running_ = true;
  now_known_ = false;
  accepts_stop_ = mode == detail::RunMode::until_stopped;
  turn_ended_ = true;
  detail::loop_run(ev_, mode);
  // libev returns before the next before_wait callback, so end the turn here.
  on_end_of_turn();
  accepts_stop_ = true;
  running_ = false;
  thread_.store(std::thread::id(), std::memory_order_relaxed);
}

void Loop::run() { run_in(detail::RunMode::until_stopped); }

void Loop::run_once() { run_in(detail::RunMode::once); }
void Loop::stop() { mailbox_->request_stop(); }
void Loop::post(Task task) { mailbox_->post(std::move(task)); }

void Loop::defer(Task task) {
  assert(not_run_elsewhere());
  if (!in_turn()) now_known_ = false;
  deferred_.push_back(std::move(task));
  no_wait_.start(ev_);
}

bool Loop::in_turn() const noexcept { return running_ || detail::loop_depth(ev_) > 0; }

TimePoint Loop::now() const noexcept {
  assert(not_run_elsewhere());
  // Once a turn: reading a clock is cheap, but not compared with the rest of an idle turn. Between
  // two runs there is no turn, and the last reading may be old.
  if (options_.virtual_time) return now_;
  if (!now_known_ || !in_turn()) {
    now_ = Clock::now();
    now_known_ = in_turn();
  }
  return now_;
}

void Loop::on_woken() noexcept {
  note_hosts_thread();
  detail::count_up(counters_.turns);
  const TimePoint now = Clock::now();
  watch_.begin(now);
  if (!options_.virtual_time) now_ = now;
  now_known_ = true;
  run_postponed();
}

void Loop::on_before_wait() noexcept {
  note_hosts_thread();
  // A run begins with a wait, not with the end of a turn. Tasks that were deferred before it run at
  // the end of the next turn, which does not wait.
  if (!std::exchange(turn_ended_, false)) return on_end_of_turn();
  arm_timer();
  if (accepts_stop_ && mailbox_->take_stop()) detail::loop_break(ev_);
}

void Loop::on_end_of_turn() noexcept {
  run_deferred();
  run_ends_of_turn();
  if (drain_ != nullptr || single_drains_ > 0) finish_drains();
  const bool more = !deferred_.empty() || !end_of_turn_callbacks_.empty() ||
                    !end_of_turn_output_.empty() || !next_turn_.empty() || drain_begun_;
  more ? no_wait_.start(ev_) : no_wait_.stop(ev_);
  arm_timer();
  end_turn();
  if (accepts_stop_ && mailbox_->take_stop()) detail::loop_break(ev_);
  // A time that was read before the wait is not the time of this turn.
  now_known_ = false;
}

void Loop::run_deferred() noexcept {
  if (deferred_.empty()) return;
  std::vector<Task> tasks;
  tasks.swap(deferred_);
  for (Task& task : tasks) guarded("defer", task);
}

// What is postponed meanwhile belongs to the next turn.
void Loop::run_postponed() noexcept {
  if (next_turn_.empty()) return;
  postponed_.swap(next_turn_);
  while (!postponed_.empty()) {
    LoopComponent* component = postponed_.back();
    postponed_.pop_back();
    component->next_turn_requested_ = false;
    guarded("next turn", [component] { component->next_turn(); });
  }
}

void Loop::run_ends_of_turn() noexcept {
  for (int round = 0; round < kMaxEndOfTurnRounds; ++round) {
    if (end_of_turn_callbacks_.empty() && end_of_turn_output_.empty()) return;
    run_ends_of_turn(end_of_turn_callbacks_);
    run_ends_of_turn(end_of_turn_output_);
  }
}

// Requests that are made meanwhile belong to the next round.
void Loop::run_ends_of_turn(std::vector<LoopComponent*>& waiting) noexcept {
  // One at a time: while a component runs, another may be destroyed and remove itself.
  for (std::size_t left = waiting.size(); left > 0 && !waiting.empty(); --left) {
    LoopComponent* component = waiting.front();
    waiting.erase(waiting.begin());
    component->end_of_turn_requested_ = false;
    guarded("end of turn", [component] { component->end_of_turn(); });
  }
}

LoopComponent::LoopComponent(Loop& loop, Phase phase) : loop_(loop), phase_(phase) {
  assert(loop_.not_run_elsewhere());
  // Reserve room for all components, because request_end_of_turn() must not fail.
  const std::size_t count = loop_.components_.size() + 1;
  for (auto* waiting : {&loop_.end_of_turn_callbacks_, &loop_.end_of_turn_output_,
                        &loop_.next_turn_, &loop_.postponed_}) {
    if (waiting->capacity() < count) waiting->reserve(2 * count);
  }
  loop_.components_.push_back(this);
}

LoopComponent::~LoopComponent() {
  assert(loop_.not_run_elsewhere());
  std::erase(loop_.components_, this);
  if (next_turn_requested_) {
    std::erase(loop_.next_turn_, this);
    std::erase(loop_.postponed_, this);
  }
  if (!end_of_turn_requested_) return;
  std::erase(phase_ == Phase::callbacks ? loop_.end_of_turn_callbacks_ : loop_.end_of_turn_output_,
             this);
}

void LoopComponent::request_end_of_turn() noexcept {
  assert(loop_.not_run_elsewhere());
  if (end_of_turn_requested_) return;
  auto& waiting =
      phase_ == Phase::callbacks ? loop_.end_of_turn_callbacks_ : loop_.end_of_turn_output_;
  waiting.push_back(this);
  end_of_turn_requested_ = true;
  // Requested outside a turn, by a host's code: the loop must not wait first.
  if (waiting.size() == 1) loop_.no_wait_.start(loop_.ev_);
}

void LoopComponent::request_next_turn() noexcept {
  assert(loop_.not_run_elsewhere());
  if (next_turn_requested_) return;
  next_turn_requested_ = true;
  loop_.next_turn_.push_back(this);
  if (loop_.next_turn_.size() == 1) loop_.no_wait_.start(loop_.ev_);
}

}  // namespace sluice
