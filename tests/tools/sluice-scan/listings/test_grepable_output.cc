// The listing for grep.
#include <criterion/criterion.h>

#include "support/scan_reports.h"
#include "tools/sluice-scan/listings/grepable_output.h"
#include <sluice/version.h>

using sluice::tools::scan::GrepableListing;
using namespace sluice::test;  // the reports

Test(scan_grepable_output, a_host_is_a_line) {
  GrepableListing listing(false);
  expect_text(listing.host(busy_host()),
              "Host: 192.0.2.7 (www.example)\tPorts: 22/open/tcp//ssh//SSH-2.0-x|1;2/, "
              "8080/open/tcp//http-alt///, 60000/open/tcp////<&>\"'/\tIgnored State: closed (990), "
              "filtered (4), unreachable (2), failed (1)\n");
  expect_text(listing.host(silent_host()),
              "Host: 2001:db8::1 ()\tIgnored State: filtered (1000)\n");
}

Test(scan_grepable_output, of_open_ports_alone_nothing_else_is_said) {
  GrepableListing listing(true);
  expect_text(listing.host(silent_host()), "Host: 2001:db8::1 ()\n");
}

Test(scan_grepable_output, it_begins_and_ends_with_a_comment) {
  GrepableListing listing(false);
  expect_text(listing.begin({.command = "sluice-scan -p 22 h", .ports = "22", .port_count = 1}),
              "# sluice-scan " SLUICE_VERSION_STRING
              " started 1970-01-01T00:00:00.000Z as: sluice-scan -p 22 h\n");
  expect_text(
      listing.end(summary(false)),
      "# sluice-scan interrupted 1970-01-01T00:00:00.000Z; 2 addresses, 1000 ports: 3 open, "
      "990 closed, 7 filtered\n");
}
