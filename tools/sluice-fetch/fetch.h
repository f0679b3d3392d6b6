// The program: fetches the URLs of the options.
//
// What it is: run() fetches them all and returns the outcome. The options limit the transfers at a
// time, and those of one host; bodies for the standard output are fetched one after the other, in
// the order of the URLs. What may succeed later is tried again after a random, growing delay.
// Lifetime: one in a process, because of the signals. The destructor removes unfinished files.
// Thread: one. Errors: std::system_error, std::runtime_error (libcurl), std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_FETCH_H
#define SLUICE_TOOLS_SLUICE_FETCH_FETCH_H

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "../../reactor/base/backoff.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/timer.h"
#include "../common/output.h"
#include "../common/program.h"
#include "../common/terminal/progress_line.h"
#include "curl_multi.h"
#include "fetch_progress.h"
#include "file_batch.h"
#include "job_queue.h"
#include "options.h"
#include "rate_gate.h"
#include "transfer.h"

namespace sluice::tools::fetch {

class Fetch {
 public:
  explicit Fetch(const FetchOptions& options);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch();

  Outcome run();

 private:
  void watch_signals();
  void start_some();
  void start(std::size_t job);
  void resume_all() noexcept;
  [[nodiscard]] bool try_again(std::size_t job, const Transfer& transfer, CURLcode code,
                               const FetchResult& result);
  void take_retries();
  void on_done(CURL* easy, CURLcode code);
  void tell(const FetchResult& result);
  void on_drained();
  void on_output_failed(std::error_code error);
  void finish(const Outcome& outcome);
  void stop_if_done();
  [[nodiscard]] bool shows_progress() const;
  [[nodiscard]] FetchProgress progress() const;
  [[nodiscard]] std::vector<std::string> file_lines(std::size_t columns, std::size_t most) const;

  const FetchOptions& options_;
  Outcome outcome_;
  std::size_t finished_ = 0;
  std::size_t failed_ = 0;
  std::uint64_t bytes_ = 0;  // of those that are finished
  bool over_ = false;
  Loop loop_;
  Output output_;
  TimePoint begun_{};
  ProgressLine progress_;
  std::vector<std::unique_ptr<Signal>> signals_;
  RateGate gate_;
  JobQueue queue_;
  std::map<std::size_t, Backoff> backoffs_;        // of jobs that have failed
  std::multimap<TimePoint, std::size_t> retries_;  // jobs that wait for their next try
  Timer retry_;
  FileBatch batch_;
  CurlMulti multi_;
  struct Running {
    std::unique_ptr<Transfer> transfer;
    std::size_t job;
    TimePoint begun;
  };
  std::map<CURL*, Running> transfers_;
};

}  // namespace sluice::tools::fetch

#endif
