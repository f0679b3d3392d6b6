// Configuration files on disk: patterns of include, and files that cannot be read.
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "tools/sluiced/config/config_faults.h"
#include "tools/sluiced/config/config_file.h"

using namespace sluice;
using namespace sluice::test;
using namespace sluice::tools::daemon;

namespace {

std::string service(const std::string& kind) {
  return "[[service]]\nkind = \"" + kind + "\"\nlisten = \"tcp://127.0.0.1:0\"\n";
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> faults_of(const std::string& path) {
  try {
    (void)load_config(path, {});
  } catch (const ConfigError& error) {
    return error.lines();
  }
  return {};
}

void expect_fault(const std::string& path, const std::string& wanted) {
  const auto faults = faults_of(path);
  cr_assert(faults.size() == 1);
  cr_expect(faults[0] == wanted, "%s\nis not\n%s", faults[0].c_str(), wanted.c_str());
}

}  // namespace

Test(config_file, includes_the_files_that_a_pattern_matches_in_their_order) {
  const Scratch scratch;
  ::mkdir((scratch / "more").c_str(), 0700);
  write(scratch / "x.conf", "include = [\"more/*.conf\", \"nothing/*\"]\n" + service("time"));
  write(scratch / "more/b.conf", service("upper"));
  write(scratch / "more/a.conf", service("discard"));
  write(scratch / "more/a.conf~", "no TOML");
  const Config config = load_config(scratch / "x.conf", {});
  cr_assert(config.listen.size() == 3);
  cr_expect(config.listen[0].kind == "time");
  cr_expect(config.listen[1].kind == "discard");
  cr_expect(config.listen[2].kind == "upper");
  cr_expect(config.listen[0].service != config.listen[1].service);
}

Test(config_file, names_a_file_that_cannot_be_read) {
  const Scratch scratch;
  const std::string path = scratch / "x.conf";
  expect_fault(path, path + ": cannot be opened: No such file or directory");
  expect_fault(scratch / "", (scratch / "") + ": is not a regular file");
  write(path, "include = \"other.conf\"\n");
  expect_fault(path, path + ":1:11: \"" + (scratch / "other.conf") +
                         "\" cannot be opened: No such file or directory");
  ::mkfifo((scratch / "fifo").c_str(), 0600);
  write(path, "include = \"fifo\"\n");
  expect_fault(path, path + ":1:11: \"" + (scratch / "fifo") + "\" is not a regular file");
}

Test(config_file, rejects_a_file_that_is_too_long) {
  const Scratch scratch;
  const std::string path = scratch / "x.conf";
  write(path, std::string(kMaxConfigFile, '\n'));
  cr_expect(faults_of(path).empty());
  write(path, std::string(kMaxConfigFile + 1, '\n'));
  expect_fault(path, path + ": has more than 1048576 bytes");
}
