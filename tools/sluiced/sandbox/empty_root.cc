#include "empty_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::daemon {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

Fd open_directory(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

bool is_of_root(int directory) {
  struct stat status {};
  return ::fstat(directory, &status) == 0 && status.st_uid == 0 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool is_empty(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(path.c_str()), ::closedir);
  if (entries == nullptr) return false;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") return false;
  }
  return true;
}

// A directory without a name takes no new entry, and nobody has to remove it.
EmptyRoot make() {
  int error = 0;
  for (const char* folder : {"/run", "/tmp"}) {
    std::string path = std::string(folder) + "/sluiced.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
      error = errno;
      continue;
    }
    Fd directory = open_directory(path);
    error = errno;
    ::rmdir(path.c_str());
    if (directory) return {std::move(directory), "an empty directory"};
  }
  fail(error, "chroot: no empty directory can be made in /run or /tmp");
}

}  // namespace

EmptyRoot EmptyRoot::open(const std::optional<std::string>& path) {
  if (path) {
    Fd directory = open_directory(*path);
    if (!directory) fail(errno, "chroot " + quote(*path));
    if (is_of_root(directory.get())) return {std::move(directory), *path};
    throw std::runtime_error("chroot " + quote(*path) +
                             " must belong to root, and nobody else may write to it");
  }
  Fd usual = open_directory(kUsual);
  if (usual && is_of_root(usual.get()) && is_empty(kUsual)) return {std::move(usual), kUsual};
  return make();
}

SandboxLayer enter(EmptyRoot root) {
  if (::fchdir(root.directory.get()) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0) {
    fail(errno, "chroot " + quote(root.name));
  }
  return {"chroot", true, root.name};
}

}  // namespace sluice::tools::daemon
