// How far all the transfers are, in words.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-fetch/fetch_progress.h"

using sluice::tools::fetch::fetch_progress;
using sluice::tools::fetch::FetchProgress;
using sluice::tools::fetch::file_progress;
using sluice::tools::fetch::FileProgress;
using sluice::tools::fetch::printed_bytes;
using sluice::tools::fetch::progress_name;
using std::chrono::milliseconds;

Test(fetch_progress, bytes_are_printed_in_the_unit_that_fits) {
  cr_expect(printed_bytes(0) == "0 B");
  cr_expect(printed_bytes(1023) == "1023 B");
  cr_expect(printed_bytes(1024) == "1.0 KiB");
  cr_expect(printed_bytes(1024 * 1024 - 1) == "1.0 MiB");
  cr_expect(printed_bytes(12'900'000) == "12.3 MiB");
  cr_expect(printed_bytes(~std::uint64_t{0}) == "16.0 EiB");
}

Test(fetch_progress, counts_urls_bytes_and_speed) {
  FetchProgress progress;
  progress.urls = 10;
  progress.finished = 3;
  progress.under_way = 2;
  progress.bytes = 4 * 1024 * 1024;
  progress.elapsed = milliseconds(2000);
  const std::string shown = fetch_progress(progress, 62);
  cr_expect(shown.starts_with("[======") && shown.ends_with("left") && shown.size() == 61, "%s",
            shown.c_str());
  cr_expect(shown.find("] 3 of 10  4.0 MiB  2.0 MiB/s  ") != shown.npos, "%s", shown.c_str());
  progress.failed = 1;
  cr_expect(fetch_progress(progress, 80).find("] 3 of 10, 1 failed  4.0 MiB  2.0 MiB/s  ") !=
            std::string::npos);
}

Test(fetch_progress, knows_no_speed_at_the_beginning) {
  FetchProgress progress;
  progress.urls = 1;
  cr_expect(fetch_progress(progress, 30) == "[>              ] 0 of 1  0 B", "%s",
            fetch_progress(progress, 30).c_str());
}

Test(fetch_progress, a_file_has_its_total_rate_share_and_time_left) {
  FileProgress file{"linux.tar.xz", 32 * 1024 * 1024, 128 * 1024 * 1024, milliseconds(30'000)};
  cr_expect(file_progress(file, 90) ==
                "linux.tar.xz         [====>            ] 32.0 MiB of 128.0 MiB  1.1 MiB/s  25%  "
                "1:30 left",
            "%s", file_progress(file, 90).c_str());
  file.total = 1024ULL * 1024 * 1024 * 4;
  cr_expect(file_progress(file, 90).ends_with("  0%  1:03:30 left"), "%s",
            file_progress(file, 90).c_str());
  file.total = 1ULL << 60U;
  cr_expect(file_progress(file, 90).ends_with("  0%"));  // nobody waits for so long
  file.bytes = file.total;
  cr_expect(file_progress(file, 90).ends_with("  100%  0:00 left"));
}

Test(fetch_progress, a_file_of_unknown_length_has_no_bar) {
  const FileProgress file{"stream", 1024, 0, milliseconds(2000)};
  cr_expect(file_progress(file, 90) == "stream               1.0 KiB  512 B/s");
  const FileProgress begun{"a-name-that-is-longer-than-its-column", 0, 100, milliseconds(0)};
  cr_expect(file_progress(begun, 60).starts_with("a-name-that-is-lo... [>"));
  for (std::size_t columns = 1; columns < 120; ++columns) {
    cr_expect(file_progress(file, columns).size() < columns, "%zu", columns);
    cr_expect(file_progress(begun, columns).size() < columns, "%zu", columns);
  }
}

Test(fetch_progress, a_name_cannot_control_the_terminal) {
  cr_expect(progress_name("/a/b.iso") == "b.iso");
  cr_expect(progress_name("/a/") == "index");
  cr_expect(progress_name("/x\x1b[2J\xc3\xa9 ") == "x?[2J???");
}
