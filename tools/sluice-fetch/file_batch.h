// Complete files that wait to be synchronized with the disk, many with one call.
//
// What it is: a file gets its name when its bytes are on the disk. fsync(2) for each of many small
// files takes longer than to fetch them, so they wait for each other: for kMax of them or kWait, or
// until the caller has nothing else to do. On Linux, syncfs(2) then synchronizes the whole file
// system, what other programs have written included. A few files, and those on other systems, are
// synchronized one by one.
// Lifetime: must be destroyed before its loop. The destructor drops the files. Thread: the loop's.
// Errors: a file that cannot be kept is in the result that `done` gets. std::bad_alloc.
// Source: Linux syncfs(2).
#ifndef SLUICE_TOOLS_SLUICE_FETCH_FILE_BATCH_H
#define SLUICE_TOOLS_SLUICE_FETCH_FILE_BATCH_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../common/new_file.h"
#include "result.h"

namespace sluice::tools::fetch {

class FileBatch {
 public:
  static constexpr std::size_t kMax = 64;
  static constexpr std::size_t kFew = 4;  // fsync(2) for each is no slower
  static constexpr std::chrono::milliseconds kWait{100};

  using Why = std::string (*)(const std::system_error& error);

  // `done` runs for each file when it has its name, or has failed: then `why` explains the error.
  FileBatch(Loop& loop, Why why, std::function<void(const FetchResult& result)> done);

  void add(std::unique_ptr<NewFile> file, FetchResult result);
  void flush();

 private:
  struct Complete {
    std::unique_ptr<NewFile> file;
    FetchResult result;
  };

  Why why_;
  std::function<void(const FetchResult& result)> done_;
  std::vector<Complete> waiting_;
  Timer timer_;
};

}  // namespace sluice::tools::fetch

#endif
