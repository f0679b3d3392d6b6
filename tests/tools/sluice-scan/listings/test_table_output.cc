// The listing for people.
#include <string>

#include <criterion/criterion.h>

#include "support/scan_reports.h"
#include "tools/sluice-scan/listings/table_output.h"

using sluice::tools::scan::in_words;
using sluice::tools::scan::TableListing;
using namespace sluice::test;  // the reports

Test(scan_table_output, a_host_is_a_table_of_its_open_ports_and_a_line_of_the_others) {
  TableListing listing({false, true});
  expect_text(listing.host(busy_host()),
              "www.example (192.0.2.7)\n"
              "PORT       STATE  SERVICE   RTT     BANNER\n"
              "22/tcp     open   ssh       41us    SSH-2.0-x/1,2\n"
              "8080/tcp   open   http-alt  12.3ms\n"
              "60000/tcp  open   -         1.2s    <&>\"'\n"
              "990 closed, 4 filtered, 2 unreachable, 1 failed\n");
  expect_text(listing.host(silent_host()), "\n2001:db8::1\n1000 filtered\n");
}

Test(scan_table_output, without_banners_there_is_no_column_for_them) {
  TableListing listing({true, false});
  expect_text(listing.host(busy_host()),
              "www.example (192.0.2.7)\n"
              "PORT       STATE  SERVICE   RTT\n"
              "22/tcp     open   ssh       41us\n"
              "8080/tcp   open   http-alt  12.3ms\n"
              "60000/tcp  open   -         1.2s\n");
}

Test(scan_table_output, a_name_that_was_found_stands_where_none_was_given) {
  TableListing listing({});
  auto host = silent_host();
  host.reverse_name = "six.example";
  expect_text(listing.host(host), "six.example (2001:db8::1)\n1000 filtered\n");
}

Test(scan_table_output, the_last_line_sums_up) {
  TableListing listing({});
  expect_text(listing.end(summary(true)),
              "3 open, 990 closed, 1007 filtered; 2 addresses, 1000 ports, 1.23 s\n");
  (void)listing.host(silent_host());
  expect_text(listing.end(summary(false)),
              "\n3 open, 990 closed, 7 filtered; 2 addresses, 1000 ports, 1.23 s; interrupted "
              "with 1000 probes left\n");
}

Test(scan_table_output, a_round_trip_is_short) {
  const auto words = [](long us) { return in_words(std::chrono::microseconds(us)); };
  expect_text(words(0), "-");
  expect_text(words(999), "999us");
  expect_text(words(1000), "1.0ms");
  expect_text(words(2'000'000), "2.0s");
}

Test(scan_table_output, a_few_ports_that_are_not_open_are_named) {
  TableListing listing({});
  auto host = silent_host();
  host.filtered = 0;
  host.closed = 2;
  host.closed_ports = {22, 80};
  host.open_filtered = 1;
  host.open_filtered_ports = {53};
  expect_text(listing.host(host), "2001:db8::1\n2 closed (22, 80), 1 open|filtered (53)\n");
}

Test(scan_table_output, only_the_states_are_coloured) {
  sluice::tools::scan::TableOptions options;
  options.colours = true;
  TableListing listing(options);
  auto host = busy_host();
  host.open.resize(1);
  host.closed = host.filtered = host.unreachable = host.failed = 0;
  expect_text(listing.host(host),
              "www.example (192.0.2.7)\n"
              "PORT    STATE  SERVICE  RTT\n"
              "22/tcp  \x1b[32mopen\x1b[0m   ssh      41us\n");
}

Test(scan_table_output, a_host_that_opens_everything_is_marked) {
  auto host = silent_host();
  host.filtered = 0;
  for (std::uint16_t port = 1; port <= 38; ++port) host.open.push_back({port, {}, "", "", 0});
  const std::string mark = "nearly every port is open";
  cr_expect(TableListing({}).host(host).find(mark) != std::string::npos);
  host.filtered = 2;  // lost
  cr_expect(TableListing({}).host(host).find(mark) != std::string::npos);
  host.filtered = 3;
  cr_expect(TableListing({}).host(host).find(mark) == std::string::npos);
  host.filtered = 0;
  host.closed = 1;
  cr_expect(TableListing({}).host(host).find(mark) == std::string::npos);
  host.closed = 0;
  host.open.resize(15);
  cr_expect(TableListing({}).host(host).find(mark) == std::string::npos, "too few to tell");
}
