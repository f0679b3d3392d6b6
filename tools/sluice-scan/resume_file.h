// Where an interrupted scan stands: a small file from which the same command goes on.
//
// What it is: JSON with what the scan is (so that no other one goes on from it), the next position
// and the positions before it that are not reported. It is a NewFile: whatever happens there is the
// old file or the new one.
// Errors: load_resume() throws UsageError when the file is none, or too big; save and remove throw
// std::system_error that names the file. Thread: any. They wait for the disk.
// Source: POSIX.1-2017 rename(), fsync().
#ifndef SLUICE_TOOLS_SLUICE_SCAN_RESUME_FILE_H
#define SLUICE_TOOLS_SLUICE_SCAN_RESUME_FILE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "targets/scan_space.h"

namespace sluice::tools::scan {

// The same for the same scan, whenever and wherever it is run.
struct ScanIdentity {
  std::uint64_t addresses = 0;
  std::uint64_t targets = 0;  // TargetSet::fingerprint()
  std::string ports;
  std::uint64_t seed = 0;
  Shard shard;
};

struct ResumeState {
  ScanIdentity identity;
  std::uint64_t next = 0;              // no position from here on was begun
  std::vector<std::uint64_t> pending;  // before it, and not reported

  // Whether these are positions of a scan that has `size`, each pending one once.
  [[nodiscard]] bool fits(std::uint64_t size) const;
};

// One is a few MiB at most; more is somebody else's file.
inline constexpr std::size_t kMaxResumeFile = 256 * 1024 * 1024;

// What stands in the file. Nothing when the text is none that text_of() gives.
std::optional<ResumeState> resume_from(std::string_view text);
// REQUIRES: the ports are UTF-8.
std::string text_of(const ResumeState& state);

// Nothing when there is no such file.
std::optional<ResumeState> load_resume(const std::string& file);
void save_resume(const std::string& file, const ResumeState& state);
void remove_resume(const std::string& file);

// What tells them apart, in words; empty when they are of one scan.
std::string difference(const ScanIdentity& of_file, const ScanIdentity& of_scan);

}  // namespace sluice::tools::scan

#endif
