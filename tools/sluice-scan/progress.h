// The progress of a scan as text: the bar on a terminal, and the status line on request.
//
// Thread: any. Errors: std::bad_alloc; a line that cannot be written is lost.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_PROGRESS_H
#define SLUICE_TOOLS_SLUICE_SCAN_PROGRESS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sluice::tools::scan {

struct ProgressState {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t open = 0;
  std::uint64_t done_here = 0;  // in this run, which `elapsed` is of
  std::chrono::milliseconds elapsed{0};
};

// "12.3 % done (8061 of 65535), 5000/s, 3 open, 12 s left".
std::string progress_line(const ProgressState& state);
// "[=====>      ] 12.3 %  5000/s  3 open  12 s left", of less than `columns`.
std::string progress_bar(const ProgressState& state, std::size_t columns);

// Writes the status line to the standard error, terminal or not.
void print_progress(const ProgressState& state);

}  // namespace sluice::tools::scan

#endif
