// A directory for the files of one test. The destructor removes it.
#ifndef SLUICE_TESTS_SUPPORT_SCRATCH_H
#define SLUICE_TESTS_SUPPORT_SCRATCH_H

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <criterion/criterion.h>

namespace sluice::test {

class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/sluice-test-XXXXXX";
    cr_assert(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

inline mode_t mode_of(const std::string& path) {
  struct stat status {};
  cr_assert(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace sluice::test

#endif
