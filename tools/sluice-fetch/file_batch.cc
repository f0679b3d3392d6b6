#include "file_batch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <utility>

namespace sluice::tools::fetch {
namespace {

// Returns false if the bytes may not be on the disk.
bool synchronize([[maybe_unused]] int descriptor) noexcept {
#if defined(__linux__) && !defined(SLUICE_PORTABLE)
  return ::syncfs(descriptor) == 0;
#else
  return false;
#endif
}

}  // namespace

FileBatch::FileBatch(Loop& loop, Why why, std::function<void(const FetchResult& result)> done)
    : why_(why), done_(std::move(done)), timer_(loop, [this] { flush(); }) {}

void FileBatch::add(std::unique_ptr<NewFile> file, FetchResult result) {
  waiting_.push_back({std::move(file), std::move(result)});
  if (waiting_.size() >= kMax) return flush();
  if (!timer_.running()) timer_.start(kWait);
}

void FileBatch::flush() {
  timer_.stop();
  std::vector<Complete> all = std::exchange(waiting_, {});
  std::set<dev_t> synchronized;  // file systems
  for (Complete& one : all) {
    bool is_on_disk = false;
    struct stat status {};
    if (all.size() > kFew && ::fstat(one.file->descriptor(), &status) == 0) {
      is_on_disk = synchronized.contains(status.st_dev) || synchronize(one.file->descriptor());
      if (is_on_disk) synchronized.insert(status.st_dev);
    }
    try {
      one.file->keep(is_on_disk ? NewFile::Disk::has_it : NewFile::Disk::unknown);
      one.result.file = one.file->name();
    } catch (const std::system_error& error) {
      one.result.error = why_(error);
    }
    one.file.reset();
    done_(one.result);
  }
}

}  // namespace sluice::tools::fetch
