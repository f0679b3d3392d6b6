// The position of an interrupted scan: a small file from which the same command continues.
//
// What it is: JSON with the identity of the scan (so that no other scan continues from it), the
// next position, and the earlier positions that have not been reported. It is written as a NewFile,
// so there is always the old file or the new one.
// Errors: load_resume() throws UsageError if the content is invalid or too large. save_resume() and
// remove_resume() throw std::system_error that names the file. Thread: any. They wait for the disk.
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

// Equal for the same scan, at any time and on any machine.
struct ScanIdentity {
  std::uint64_t addresses = 0;
  std::uint64_t targets = 0;  // TargetSet::fingerprint()
  std::string ports;
  std::uint64_t seed = 0;
  Shard shard;
};

struct ResumeState {
  ScanIdentity identity;
  std::uint64_t next = 0;              // this and later positions have not been started
  std::vector<std::uint64_t> pending;  // earlier ones that have not been reported

  // Whether these are positions of a scan that has `size`, each pending one once.
  [[nodiscard]] bool fits(std::uint64_t size) const;
};

// A resume file has at most a few MiB; a larger one is another file.
inline constexpr std::size_t kMaxResumeFile = 256 * 1024 * 1024;

// Empty if text_of() cannot have made the text.
std::optional<ResumeState> resume_from(std::string_view text);
// REQUIRES: the ports are UTF-8.
std::string text_of(const ResumeState& state);

// Empty if there is no such file.
std::optional<ResumeState> load_resume(const std::string& file);
void save_resume(const std::string& file, const ResumeState& state);
void remove_resume(const std::string& file);

// The difference as text; empty if both are the same scan.
std::string difference(const ScanIdentity& of_file, const ScanIdentity& of_scan);

}  // namespace sluice::tools::scan

#endif
