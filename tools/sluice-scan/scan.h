// The program: looks names up, scans the addresses, and lists the results.
//
// What it is: run() does all of this and returns the outcome.
// Lifetime: one in a process, because of the signals and the terminal. Thread: one.
// Errors: UsageError, std::system_error. The destructor restores the terminal.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_SCAN_H
#define SLUICE_TOOLS_SLUICE_SCAN_SCAN_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/names/resolver.h"
#include "../common/program.h"
#include "../common/terminal/progress_line.h"
#include "keyboard.h"
#include "options.h"
#include "progress.h"
#include "resume_file.h"
#include "scan_engine.h"
#include "scan_failures.h"
#include "scan_listings.h"
#include "scan_targets.h"
#include "targets/scan_space.h"

namespace sluice::tools::scan {

class Scan final : private ScanEvents {
 public:
  explicit Scan(ScanOptions& options);
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;
  ~Scan();

  Outcome run();

 private:
  void load_position();
  void open_listings();
  [[nodiscard]] std::uint64_t expected_of(std::uint64_t group) const;

  void on_port(const PortResult& result, const PortFacts& facts) override;
  void on_scanned() override;
  void on_drained();
  void on_write_failed(const std::string& name, std::error_code error);
  void on_signal(int signal);
  void on_save_requested();
  void on_tick();
  void save_position();

  void finish(bool complete);
  void end_if_written();
  void tell_failures();
  [[nodiscard]] ProgressState progress() const;
  void print_progress();
  void say(const std::string& text);

  ScanOptions& options_;
  Outcome outcome_;
  ResumeState from_;  // where this run began
  bool resumed_ = false;
  ScanSummary summary_;
  TimePoint started_{};
  ScanFailures failures_;
  bool finished_ = false;
  bool save_requested_ = false;
  bool broken_ = false;  // a listing cannot be written

  Loop loop_;
  std::vector<std::unique_ptr<Signal>> enders_;
  Signal asked_;       // for the progress
  Signal save_asked_;  // to write the resume file
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<ScanTargets> targets_;
  std::unique_ptr<ScanSpace> space_;
  ProgressLine progress_;
  std::unique_ptr<ScanListings> listings_;
  std::unique_ptr<ScanEngine> engine_;
  std::unique_ptr<Keyboard> keyboard_;
  Timer tick_;
};

}  // namespace sluice::tools::scan

#endif
