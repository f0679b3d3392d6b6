#include "fetch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/signal_setup.h"

namespace sluice::tools::fetch {
namespace {

// Before a retry: random, below 1 s at first and a minute at most.
constexpr std::chrono::milliseconds kFirstDelay{1000};
constexpr std::chrono::milliseconds kMaxDelay{60'000};

constexpr std::size_t kLeastColumns = 50;  // for a line for each file

}  // namespace

Fetch::Fetch(const FetchOptions& options)
    : options_(options),
      loop_(options.loop),
      output_(
          loop_, STDOUT_FILENO, [this] { on_drained(); },
          [this](std::error_code error) { on_output_failed(error); }),
      progress_(
          loop_, [this](std::size_t columns) { return fetch_progress(progress(), columns); },
          [this](std::size_t columns, std::size_t most) { return file_lines(columns, most); }),
      gate_(loop_, options.rate, [this] { resume_all(); }),
      queue_(options.jobs, options.max_per_host),
      retry_(loop_, [this] { take_retries(); }),
      batch_(loop_, &Transfer::why,
             [this](const FetchResult& result) {
               tell(result);
               stop_if_done();
             }),
      multi_(loop_, [this](CURL* easy, CURLcode code) { on_done(easy, code); }) {
  watch_signals();
  loop_.set_reporter([this](const Report& report) {
    // Only for bugs: one of our functions threw, or libcurl failed as a whole.
    finish({ExitStatus::failed, report.where + ": " + report.what});
  });
}

Fetch::~Fetch() {
  loop_.set_reporter({});  // it may report once more when it is destroyed, after all else
  for (const auto& [easy, running] : transfers_) multi_.remove(easy);
}

void Fetch::watch_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (is_ignored(signal)) continue;
    signals_.push_back(std::make_unique<Signal>(loop_, signal, [this, signal] {
      finish({ExitStatus::failed, "", signal});
    }));
  }
}

Outcome Fetch::run() {
  begun_ = loop_.now();
  if (shows_progress()) progress_.start();
  start_some();
  loop_.run();
  batch_.flush();  // a signal costs no complete file
  progress_.stop();
  if (outcome_.status == ExitStatus::success && failed_ > 0) outcome_.status = ExitStatus::failed;
  return outcome_;
}

// The reader of a pipe, such as less(1), often uses the same terminal.
bool Fetch::shows_progress() const {
  if (options_.bodies != BodiesTo::standard_output) return true;
  struct stat status {};
  return ::fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

void Fetch::start_some() {
  const bool in_order = options_.bodies == BodiesTo::standard_output;
  const std::size_t at_once = in_order ? 1 : options_.parallel;
  // The bodies on the standard output keep their order: the next one waits for the retry, too.
  while (!over_ && transfers_.size() < at_once && !(in_order && !retries_.empty())) {
    const std::optional<std::size_t> job = queue_.next();
    if (!job) break;
    start(*job);
  }
  if (transfers_.empty()) batch_.flush();  // nothing is gained by waiting for more
  stop_if_done();
}

void Fetch::start(std::size_t job) {
  const bool print = options_.bodies == BodiesTo::standard_output;
  const bool on_terminal = print && !options_.raw && ::isatty(STDOUT_FILENO) == 1;
  auto transfer = std::make_unique<Transfer>(
      options_, options_.jobs[job], print ? &output_ : nullptr,
      on_terminal ? Transfer::Shown::on_terminal : Transfer::Shown::unchanged, gate_);
  if (!transfer->obstacle().empty()) {
    queue_.ended(job);
    return tell(transfer->finish(CURLE_WRITE_ERROR));
  }
  CURL* const easy = transfer->handle();
  transfers_.emplace(easy, Running{std::move(transfer), job, loop_.now()});
  multi_.add(easy);
}

void Fetch::on_done(CURL* easy, CURLcode code) {
  const Running running = std::move(transfers_.extract(easy).mapped());
  queue_.ended(running.job);
  const FetchResult result = running.transfer->finish(code);
  if (std::unique_ptr<NewFile> file = running.transfer->take_file()) {
    batch_.add(std::move(file), result);
  } else if (!try_again(running.job, *running.transfer, code, result)) {
    tell(result);
  }
  start_some();
}

bool Fetch::try_again(std::size_t job, const Transfer& transfer, CURLcode code,
                      const FetchResult& result) {
  if (!result.error || options_.retries == 0) return false;
  Backoff& backoff =
      backoffs_.try_emplace(job, BackoffOptions{.first = kFirstDelay, .cap = kMaxDelay})
          .first->second;
  if (backoff.tries() >= options_.retries) return false;
  const auto after = transfer.retry_after(code, backoff.next());
  if (!after) return false;
  progress_.clear();
  std::fprintf(stderr, "sluice-fetch: %s: %s; trying again in %lld ms\n",
               escape(result.url, Url::kMaxLength).c_str(), result.error->c_str(),
               static_cast<long long>(after->count()));
  retries_.emplace(loop_.now() + *after, job);
  take_retries();
  return true;
}

void Fetch::take_retries() {
  bool is_any = false;
  for (; !retries_.empty() && retries_.begin()->first <= loop_.now(); is_any = true) {
    queue_.again(retries_.begin()->second);
    retries_.erase(retries_.begin());
  }
  if (!retries_.empty()) {
    const auto left = retries_.begin()->first - loop_.now();
    retry_.start(std::chrono::ceil<std::chrono::milliseconds>(left));
  }
  if (is_any) start_some();
}

void Fetch::tell(const FetchResult& result) {
  ++finished_;
  bytes_ += result.bytes;
  if (result.error) {
    ++failed_;
    progress_.clear();
    std::fprintf(stderr, "sluice-fetch: %s: %s\n", escape(result.url, Url::kMaxLength).c_str(),
                 result.error->c_str());
  }
  if (!options_.json) return;
  progress_.clear();  // it may be the same terminal
  output_.write(as_json(result));
  output_.flush();
}

void Fetch::on_drained() {
  resume_all();
  stop_if_done();
}

void Fetch::resume_all() noexcept {
  for (const auto& [easy, running] : transfers_) running.transfer->resume();
}

void Fetch::on_output_failed(std::error_code error) {
  if (error == std::errc::broken_pipe) return finish({ExitStatus::failed, "", SIGPIPE});
  finish({ExitStatus::failed, "standard output: " + error.message()});
}

void Fetch::finish(const Outcome& outcome) {
  if (std::exchange(over_, true)) return;
  outcome_ = outcome;
  loop_.stop();
}

void Fetch::stop_if_done() {
  if (finished_ == options_.jobs.size() && output_.empty()) finish({});
}

FetchProgress Fetch::progress() const {
  FetchProgress progress;
  progress.urls = options_.jobs.size();
  progress.finished = finished_;
  progress.failed = failed_;
  progress.bytes = bytes_;
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - begun_);
  for (const auto& [easy, running] : transfers_) {
    progress.under_way += running.transfer->share();
    progress.bytes += running.transfer->bytes();
  }
  return progress;
}

// A line for each file in progress, those that began first at the top.
std::vector<std::string> Fetch::file_lines(std::size_t columns, std::size_t most) const {
  if (columns < kLeastColumns) return {};
  std::vector<const Running*> oldest;
  for (const auto& [easy, running] : transfers_) oldest.push_back(&running);
  std::sort(oldest.begin(), oldest.end(), [](const Running* one, const Running* other) {
    return std::pair(one->begun, one->job) < std::pair(other->begun, other->job);
  });
  const std::size_t shown = oldest.size() > most ? most - 1 : oldest.size();
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < shown; ++i) {
    const Running& running = *oldest[i];
    lines.push_back(file_progress({.name = progress_name(options_.jobs[running.job].url.path),
                                   .bytes = running.transfer->bytes(),
                                   .total = running.transfer->total(),
                                   .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
                                       loop_.now() - running.begun)},
                                  columns));
  }
  if (shown < oldest.size()) {
    lines.push_back("and " + std::to_string(oldest.size() - shown) + " more");
  }
  return lines;
}

}  // namespace sluice::tools::fetch
