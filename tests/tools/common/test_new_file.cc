// A file that appears whole or not at all.
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "tools/common/new_file.h"

using sluice::test::exists;
using sluice::test::mode_of;
using sluice::test::Scratch;
using sluice::tools::NewFile;

namespace {

constexpr auto kKept = NewFile::Existing::kept;
constexpr auto kReplaced = NewFile::Existing::replaced;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::ptrdiff_t entries(const std::string& directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
}

template <class Action>
int error_of(Action&& action) {
  try {
    action();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

}  // namespace

Test(new_file, has_its_name_only_when_it_is_kept) {
  const Scratch scratch;
  const std::string name = scratch / "file";
  {
    NewFile file(name, kKept);
    file.write("some ");
    cr_expect(!exists(name));
    file.write("bytes");
    file.keep();
    cr_expect(contents(name) == "some bytes");
    cr_expect(file.name() == name);
  }
  cr_expect(contents(name) == "some bytes");
  cr_expect(entries(scratch / "") == 1);
}

Test(new_file, that_is_not_kept_leaves_nothing) {
  const Scratch scratch;
  {
    NewFile file(scratch / "file", kReplaced);
    file.write("half");
    cr_expect(entries(scratch / "") ==
              1);  // beside its name: a rename must not cross a file system
  }
  cr_expect(entries(scratch / "") == 0);
}

Test(new_file, has_the_mode_that_the_umask_leaves) {
  const Scratch scratch;
  ::umask(027);
  NewFile file(scratch / "file", kKept);
  file.keep();
  cr_expect(mode_of(scratch / "file") == 0640);
}

Test(new_file, replaces_only_where_it_may) {
  const Scratch scratch;
  const std::string name = scratch / "file";
  put(name, "old");
  cr_expect(error_of([&] { const NewFile file(name, kKept); }) == EEXIST);
  {
    NewFile file(name, kReplaced);
    file.write("new");
    cr_expect(contents(name) == "old");
    file.keep();
  }
  cr_expect(contents(name) == "new");
  cr_expect(entries(scratch / "") == 1);
}

Test(new_file, leaves_alone_what_came_under_its_name_meanwhile) {
  const Scratch scratch;
  const std::string name = scratch / "file";
  {
    NewFile file(name, kKept);
    put(name, "faster");
    cr_expect(error_of([&] { file.keep(); }) == EEXIST);
  }
  cr_expect(contents(name) == "faster");
  cr_expect(entries(scratch / "") == 1);
}

Test(new_file, replaces_no_directory_device_or_link) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "directory");
  cr_expect(error_of([&] { const NewFile file(scratch / "directory", kReplaced); }) == EISDIR);

  put(scratch / "target", "old");
  std::filesystem::create_symlink("target", scratch / "link");
  cr_expect(error_of([&] { const NewFile file(scratch / "link", kReplaced); }) == EINVAL);
  cr_expect(contents(scratch / "target") == "old");

  cr_assert(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  cr_expect(error_of([&] { const NewFile file(scratch / "fifo", kReplaced); }) == EINVAL);

  NewFile late(scratch / "late", kReplaced);
  std::filesystem::create_directory(scratch / "late");
  cr_expect(error_of([&] { late.keep(); }) == EISDIR);
}

Test(new_file, names_itself_in_what_it_throws) {
  const Scratch scratch;
  const std::string name = scratch / "nowhere/file";
  try {
    const NewFile file(name, kKept);
    cr_expect(false);
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::no_such_file_or_directory);
    cr_expect(std::string(error.what()).find('"' + name + '"') != std::string::npos, "%s",
              error.what());
  }
}

Test(new_file, tells_when_there_is_no_room) {
  const Scratch scratch;
  struct rlimit none {};
  cr_assert(::getrlimit(RLIMIT_FSIZE, &none) == 0);
  none.rlim_cur = 4;
  std::signal(SIGXFSZ, SIG_IGN);
  NewFile file(scratch / "file", kKept);
  cr_assert(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  cr_expect(error_of([&] { file.write("too long"); }) == EFBIG);
}
