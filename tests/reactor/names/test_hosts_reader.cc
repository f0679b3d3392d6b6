// When a hosts file is read, and which index is used if it cannot be read.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <criterion/criterion.h>

#include "reactor/names/hosts_reader.h"
#include "support/scratch.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::HostsReader;

namespace {

// The number of calls until the index is current: more than 1 if the file was read, otherwise 1.
int refreshes(HostsReader& reader) {
  int times = 1;
  while (!reader.refresh()) ++times;
  return times;
}

void write(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  cr_assert(file != nullptr);
  cr_assert(std::fputs(text.c_str(), file) >= 0);
  cr_assert(std::fclose(file) == 0);
}

// Waits until a second change would be visible.
void let_it_settle() { std::this_thread::sleep_for(100ms); }

}  // namespace

Test(hosts_reader, reads_a_file_once_until_it_changes) {
  const Scratch scratch;
  const std::string path = scratch / "hosts";
  write(path, "192.0.2.1 a\n");
  let_it_settle();
  HostsReader reader(path);
  cr_expect(refreshes(reader) > 1);
  cr_expect(reader.file().addresses("a").size() == 1);
  cr_expect(refreshes(reader) == 1);
  write(path, "192.0.2.1 b\n");
  cr_expect(refreshes(reader) > 1);
  cr_expect(reader.file().addresses("a").empty());
  cr_expect(reader.file().addresses("b").size() == 1);
}

Test(hosts_reader, sees_a_change_right_after_another) {
  const Scratch scratch;
  const std::string path = scratch / "hosts";
  HostsReader reader(path);
  for (int i = 0; i < 50; ++i) {
    const std::string name(1, static_cast<char>('a' + i % 26));
    write(path, "192.0.2.1 " + name + '\n');
    (void)refreshes(reader);
    cr_expect(reader.file().addresses(name).size() == 1, "%d", i);
  }
}

Test(hosts_reader, a_large_file_is_read_in_slices) {
  const Scratch scratch;
  const std::string path = scratch / "hosts";
  std::string text;
  while (text.size() < 10 * HostsReader::kSlice) text += "192.0.2.1 a.long.name.test\n";
  write(path, text + "192.0.2.2 last\n");
  HostsReader reader(path);
  cr_expect(refreshes(reader) > 10);
  cr_expect(reader.file().addresses("last").size() == 1);
}

Test(hosts_reader, a_missing_or_irregular_file_counts_as_empty) {
  const Scratch scratch;
  const std::string path = scratch / "hosts";
  HostsReader reader(path);
  (void)refreshes(reader);
  cr_expect(reader.file().size() == 0);
  write(path, "192.0.2.1 a\n");
  (void)refreshes(reader);
  cr_expect(reader.file().size() == 1);
  cr_assert(::unlink(path.c_str()) == 0);
  (void)refreshes(reader);
  cr_expect(reader.file().size() == 0);
  // Opening a FIFO would wait for a writer.
  cr_assert(::mkfifo(path.c_str(), 0600) == 0);
  (void)refreshes(reader);
  cr_expect(reader.file().size() == 0);
  cr_assert(::unlink(path.c_str()) == 0);
  cr_assert(::mkdir(path.c_str(), 0700) == 0);
  (void)refreshes(reader);
  cr_expect(reader.file().size() == 0);
  cr_assert(::rmdir(path.c_str()) == 0);
}

Test(hosts_reader, without_descriptors_the_old_index_remains) {
  const Scratch scratch;
  const std::string path = scratch / "hosts";
  write(path, "192.0.2.1 a\n");
  HostsReader reader(path);
  (void)refreshes(reader);
  write(path, "192.0.2.1 a b\n");
  rlimit limit{};
  cr_assert(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 0;
  cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const int times = refreshes(reader);
  limit.rlim_cur = before;
  cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  cr_expect(times == 1);
  cr_expect(reader.file().addresses("a").size() == 1);
  (void)refreshes(reader);
  cr_expect(reader.file().addresses("b").size() == 1);
}
