// Reads the host's hosts file, and reads it again when it has changed, in slices.
//
// What it is: an index of the file, and the identity of the file that was read: device, inode,
// size, times. A file that was changed just before it was read is read again, because its time
// might not show a second change. A file that is not regular or cannot be read counts as empty. If
// it cannot be opened because descriptors or memory are short, the old index remains.
// Limits: bytes beyond kMaxBytes are not read.
// Lifetime: holds a descriptor while it reads. Thread: one.
// Errors: refresh() may throw std::bad_alloc; the next call starts again.
#ifndef SLUICE_REACTOR_NAMES_HOSTS_READER_H
#define SLUICE_REACTOR_NAMES_HOSTS_READER_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "../base/fd.h"
#include "hosts_file.h"

struct stat;

namespace sluice {

class HostsReader {
 public:
  static constexpr std::size_t kSlice = std::size_t{16} * 1024;  // for each refresh()
  static constexpr std::size_t kNamesFreed = 2000;               // for each refresh()
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

  explicit HostsReader(std::string path = "/etc/hosts") : path_(std::move(path)) {}

  // Does a small part of the work. Returns true if file() is the index of the current file; it then
  // stays valid until the next refresh().
  [[nodiscard]] bool refresh();
  [[nodiscard]] const HostsFile& file() const noexcept { return file_; }

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed = 0;  // ns; st_mtim
    std::int64_t touched = 0;  // ns; st_ctim
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  // The old index is freed before the file is read. Lookups wait meanwhile.
  struct Reading {
    Fd fd;  // empty: there is no file
    Identity identity;
    bool is_settled = false;
    bool is_old_freed = false;
    std::size_t bytes = 0;
  };

  static Identity identity_of(const struct stat& status) noexcept;
  [[nodiscard]] bool is_known() noexcept;
  [[nodiscard]] bool read_slice();

  std::string path_;
  HostsFile file_;
  std::optional<Identity> known_;  // nothing: the file must be read
  std::optional<Reading> reading_;
};

}  // namespace sluice

#endif
