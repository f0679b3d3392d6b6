#include "scan.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/signal_setup.h"
#include "../common/usage_error.h"

namespace sluice::tools::scan {
namespace {

using std::chrono::milliseconds;

// A name that says nothing for so long costs more than it is worth.
constexpr milliseconds kNameDeadline{4000};
constexpr milliseconds kNameTry{1500};
constexpr milliseconds kTick{50};

std::uint64_t any_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

Scan::Scan(ScanOptions& options)
    : options_(options),
      loop_(options.loop),
      asked_(loop_, SIGUSR1, [this] { print_progress(); }),
      save_asked_(loop_, SIGUSR2, [this] { on_save_requested(); }),
      progress_(loop_, [this](std::size_t columns) { return progress_bar(progress(), columns); }),
      tick_(loop_, [this] { on_tick(); }) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (is_ignored(signal)) continue;
    enders_.push_back(
        std::make_unique<Signal>(loop_, signal, [this, signal] { on_signal(signal); }));
  }
  loop_.set_reporter([this](const Report& report) {
    // Only what must not happen: a function of ours threw.
    if (report.kind != Report::Kind::handler_threw) return;
    broken_ = true;
    outcome_ = {ExitStatus::failed, report.what};
    loop_.stop();
  });
}

Scan::~Scan() = default;

Outcome Scan::run() {
  ResolverOptions names;
  names.try_timeout = kNameTry;
  names.deadline = kNameDeadline;
  resolver_ = std::make_unique<Resolver>(loop_, names);
  targets_ = std::make_unique<ScanTargets>(loop_, *resolver_, options_);
  if (!targets_->resolve() || outcome_.interrupted_by != 0) return outcome_;
  if (options_.targets.size() == 0) {
    tell_failures();
    return outcome_;
  }
  load_position();
  open_listings();

  summary_.addresses = options_.targets.size();
  summary_.ports = options_.ports.size();
  summary_.probes = space_->size() - from_.next + from_.pending.size();
  started_ = loop_.now();
  ScanEvents& events = *this;
  ScanEngine::Options engine;
  engine.sweep = sweep_options(options_);
  engine.udp = options_.udp;
  engine.verify = options_.verify;
  engine.banner = options_.banner;
  engine.tls = options_.tls;
  engine.probe = options_.probe;
  engine.name_of = [this](const Address& address) { return targets_->name_of(address); };
  engine.next = from_.next;
  engine.pending = from_.pending;
  engine_ = std::make_unique<ScanEngine>(loop_, *space_, std::move(engine), events);
  keyboard_ = std::make_unique<Keyboard>(loop_, [this] { print_progress(); });
  progress_.start();
  tick_.start_repeating(kTick);
  listings_->begin();
  engine_->start();
  loop_.run();

  progress_.stop();
  keyboard_.reset();  // the terminal is the shell's again
  if (!broken_) tell_failures();
  return outcome_;
}

// --- Before the scan ---

void Scan::load_position() {
  std::optional<ResumeState> state;
  if (!options_.resume.empty()) state = load_resume(options_.resume);
  resumed_ = state.has_value();

  ScanIdentity& identity = from_.identity;
  identity.addresses = options_.targets.size();
  identity.targets = options_.targets.fingerprint();
  identity.ports = (options_.udp ? "udp:" : "") + ports_to_string(options_.ports);
  identity.seed = options_.seed.value_or(state ? state->identity.seed : any_seed());
  identity.shard = options_.shard;
  const PortList likely = likely_ports(options_, options_.targets.size());
  if (!likely.empty()) identity.ports += ", likely ones first";
  space_ = std::make_unique<ScanSpace>(options_.targets, options_.ports, identity.seed,
                                       options_.shard, likely);
  if (state) {
    const std::string other = difference(state->identity, identity);
    const std::string file = "--resume " + escape(options_.resume, kMaxQuoted);
    if (!other.empty()) throw UsageError(file + " belongs to another scan: " + other);
    if (!state->fits(space_->size()))
      throw UsageError(file + " is damaged: it has positions outside the scan");
    from_.next = state->next;
    from_.pending = std::move(state->pending);
  } else if (!options_.resume.empty()) {
    save_resume(options_.resume, from_);  // to fail now if it cannot be written
  }
}

void Scan::open_listings() {
  const ScanListings::Setup setup{*space_, options_.no_reverse_names ? nullptr : resolver_.get(),
                                  targets_->names(), resumed_,
                                  [this](std::uint64_t group) { return expected_of(group); }};
  ListingSink::Events events;
  events.drained = [this] { on_drained(); };
  events.failed = [this](const std::string& name, std::error_code error) {
    on_write_failed(name, error);
  };
  events.before_write = [this] { progress_.clear(); };
  listings_ = std::make_unique<ScanListings>(loop_, options_, setup, events);
}

// Of a group's positions, those that this run will report.
std::uint64_t Scan::expected_of(std::uint64_t group) const {
  const std::uint64_t start = space_->group_start(group);
  const std::uint64_t end = start + space_->group_size(group);
  std::uint64_t count = end - std::clamp(from_.next, start, end);
  for (const std::uint64_t position : from_.pending) {
    if (position >= start && position < end) ++count;
  }
  return count;
}

// --- During the scan ---

void Scan::on_port(const PortResult& result, const PortFacts& facts) {
  summary_.count(result.state);
  if (result.state == PortState::failed) {
    failures_.add(result.error, result.target.address);
  }
  listings_->add(result, facts);
  if (listings_->full()) listings_->flush();
  if (listings_->full()) engine_->pause();
}

void Scan::on_scanned() { finish(true); }

void Scan::on_drained() {
  // Not from in here: whoever wrote may be the sweep that would have to go.
  if (listings_ != nullptr) loop_.post([this] { on_tick(); });
}

void Scan::on_tick() {
  if (broken_) return;
  if (finished_) return end_if_written();
  if (engine_->paused() && listings_->empty() && !listings_->naming()) engine_->resume();
  if (!save_requested_ || !listings_->empty()) return;
  save_requested_ = false;
  try {
    save_position();
    say("saved the position in " + escape(options_.resume, kMaxQuoted));
  } catch (const std::system_error& error) {
    say(error.what());  // the scan is more than its copy
  }
}

void Scan::on_write_failed(const std::string& name, std::error_code error) {
  if (std::exchange(broken_, true)) return;
  outcome_.status = ExitStatus::failed;
  // The reader, such as head(1), has closed the pipe: end as other programs do, without a message.
  if (error == std::errc::broken_pipe) {
    outcome_.signal = SIGPIPE;
  } else {
    outcome_.message = escape(name, kMaxQuoted) + ": " + error.message();
  }
  loop_.stop();
}

void Scan::on_signal(int signal) {
  outcome_.interrupted_by = signal;
  // A second one ends it at once, and nobody would restore the terminal then.
  progress_.stop();
  keyboard_.reset();
  enders_.clear();
  if (engine_ == nullptr) return loop_.stop();
  finished_ ? end_if_written() : finish(false);
}

void Scan::on_save_requested() {
  if (options_.resume.empty())
    return say("SIGUSR2: nothing was saved, because --resume was not given");
  // When what was reported is out: else the file would say so of results that nobody has.
  save_requested_ = true;
}

void Scan::save_position() {
  ResumeState state = from_;
  state.next = engine_->next();
  state.pending = engine_->pending();
  // Open ports that are known and not shown are found once more, should this process die.
  if (!finished_) {
    const std::vector<std::uint64_t> held = listings_->held();
    state.pending.insert(state.pending.end(), held.begin(), held.end());
  }
  save_resume(options_.resume, state);
}

// --- The end ---

void Scan::finish(bool complete) {
  if (finished_ || broken_) return;
  // The last hosts may wait for their names; on_tick() comes again.
  engine_->stop();
  finished_ = true;
  summary_.complete = complete;
  end_if_written();
}

void Scan::end_if_written() {
  if (!listings_->ended()) {
    if (outcome_.interrupted_by == 0 && listings_->naming()) return;
    progress_.stop();
    summary_.time = std::chrono::system_clock::now();
    summary_.elapsed = std::chrono::duration_cast<milliseconds>(loop_.now() - started_);
    listings_->end(summary_);
  }
  if (!listings_->empty() || broken_) return;
  tick_.stop();
  loop_.stop();
  try {
    listings_->close();
    if (options_.resume.empty()) return;
    if (summary_.complete) {
      remove_resume(options_.resume);
    } else {
      save_position();
    }
  } catch (const std::system_error& error) {
    broken_ = true;
    outcome_ = {ExitStatus::failed, error.what()};
  }
}

void Scan::tell_failures() {
  for (const std::string& why : targets_->unresolved()) {
    outcome_.status = ExitStatus::failed;
    say(why);
  }
  for (const std::string& why : failures_.lines()) {
    outcome_.status = ExitStatus::failed;
    say(why);
  }
}

ProgressState Scan::progress() const {
  ProgressState state;
  state.done_here = summary_.done();
  state.total = space_ != nullptr ? space_->size() : 0;
  state.done = state.total - summary_.probes + state.done_here;
  state.open = summary_.open;
  if (engine_ != nullptr) {
    state.elapsed = std::chrono::duration_cast<milliseconds>(loop_.now() - started_);
  }
  return state;
}

void Scan::print_progress() {
  progress_.clear();
  scan::print_progress(progress());
}

void Scan::say(const std::string& text) {
  progress_.clear();
  std::fprintf(stderr, "sluice-scan: %s\n", text.c_str());
}

}  // namespace sluice::tools::scan
