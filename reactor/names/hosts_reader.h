// The host's hosts file, read anew when it has changed, slice by slice.
//
// What it is: an index of the file and the identity of what was read: device, inode, size, times.
// A file that was changed just before it was read is read again, because its time would not show a
// second change. What is no regular file, or cannot be read, is an empty file; where it cannot be
// opened for want of descriptors or memory, the index of before stays.
// Bounds: bytes above kMaxBytes are not read.
// Lifetime: holds a descriptor while it is being read. Thread: one.
// Errors: refresh() may throw std::bad_alloc; the next one begins anew.
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
  static constexpr std::size_t kSlice = std::size_t{16} * 1024;  // of one refresh()
  static constexpr std::size_t kNamesFreed = 2000;               // of one refresh()
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

  explicit HostsReader(std::string path = "/etc/hosts") : path_(std::move(path)) {}

  // A small part of the work. True: file() is the file's index now, until the next refresh().
  [[nodiscard]] bool refresh();
  [[nodiscard]] const HostsFile& file() const noexcept { return file_; }

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed = 0;  // ns; of its bytes
    std::int64_t touched = 0;  // ns; of what the file system knows of it
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  // The old index is freed first; nobody looks into it meanwhile.
  struct Reading {
    Fd fd;  // none: there is no file
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
  std::optional<Identity> known_;  // nothing: to be read, whatever it is
  std::optional<Reading> reading_;
};

}  // namespace sluice

#endif
