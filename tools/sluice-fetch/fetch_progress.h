// The overall progress of the transfers as text.
//
// Thread: any. Errors: std::bad_alloc. Units: bytes; KiB and so on are powers of 1024.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_FETCH_PROGRESS_H
#define SLUICE_TOOLS_SLUICE_FETCH_FETCH_PROGRESS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sluice::tools::fetch {

struct FetchProgress {
  std::size_t urls = 0;
  std::size_t finished = 0;  // the failed ones too
  std::size_t failed = 0;
  double under_way = 0;     // the sum of the shares of unfinished ones
  std::uint64_t bytes = 0;  // of all bodies
  std::chrono::milliseconds elapsed{0};
};

// "999 B", "12.3 MiB".
std::string printed_bytes(std::uint64_t bytes);

// "[=====>    ] 3 of 10, 1 failed  12.3 MiB  4.1 MiB/s", in less than `columns`.
std::string fetch_progress(const FetchProgress& progress, std::size_t columns);

}  // namespace sluice::tools::fetch

#endif
