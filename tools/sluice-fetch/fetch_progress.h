// The overall progress of the transfers as text.
//
// Thread: any. Errors: std::bad_alloc. Units: bytes; KiB and so on are powers of 1024.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_FETCH_PROGRESS_H
#define SLUICE_TOOLS_SLUICE_FETCH_FETCH_PROGRESS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::tools::fetch {

struct FetchProgress {
  std::size_t urls = 0;
  std::size_t finished = 0;  // the failed ones too
  std::size_t failed = 0;
  double under_way = 0;     // the sum of the shares of unfinished ones
  std::uint64_t bytes = 0;  // of all bodies
  std::chrono::milliseconds elapsed{0};
};

// One that is in progress.
struct FileProgress {
  std::string name;         // of one column a byte
  std::uint64_t bytes = 0;  // of the body, without what an earlier run has fetched
  std::uint64_t total = 0;  // 0: not known
  std::chrono::milliseconds elapsed{0};
};

// "999 B", "12.3 MiB".
std::string printed_bytes(std::uint64_t bytes);

// The last segment of a path, with '?' for each byte that is not visible ASCII; "index" if empty.
std::string progress_name(std::string_view path);

// "name          [====>     ] 12.3 MiB of 24.6 MiB  4.1 MiB/s  50%  0:03 left", in less than
// `columns`; without the bar and what needs it if the total is not known.
std::string file_progress(const FileProgress& progress, std::size_t columns);

// "[=====>    ] 3 of 10, 1 failed  12.3 MiB  4.1 MiB/s  42%  1:02 left", in less than `columns`.
std::string fetch_progress(const FetchProgress& progress, std::size_t columns);

}  // namespace sluice::tools::fetch

#endif
