// How far all the transfers are, in words.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-fetch/fetch_progress.h"

using sluice::tools::fetch::fetch_progress;
using sluice::tools::fetch::FetchProgress;
using sluice::tools::fetch::printed_bytes;
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
  cr_expect(fetch_progress(progress, 47) == "[========>       ] 3 of 10  4.0 MiB  2.0 MiB/s", "%s",
            fetch_progress(progress, 47).c_str());
  progress.failed = 1;
  cr_expect(fetch_progress(progress, 80).ends_with("] 3 of 10, 1 failed  4.0 MiB  2.0 MiB/s"));
}

Test(fetch_progress, knows_no_speed_at_the_beginning) {
  FetchProgress progress;
  progress.urls = 1;
  cr_expect(fetch_progress(progress, 30) == "[>              ] 0 of 1  0 B", "%s",
            fetch_progress(progress, 30).c_str());
}
