// The listing as comma-separated values.
#include <string>

#include <criterion/criterion.h>

#include "support/scan_reports.h"
#include "tools/sluice-scan/listings/csv_output.h"

using namespace sluice::tools::scan;
using namespace sluice::test;

Test(scan_csv_output, each_port_is_a_line_with_every_column) {
  CsvListing listing(false, false);
  expect_text(listing.begin({}),
              "host,port,proto,state,service,rtt_us,banner,tls,protocol,product,version,info\n");
  PortReport port;
  port.address = *sluice::Address::from_ip("2001:db8::7", 22);
  port.state = PortState::open;
  port.rtt = std::chrono::microseconds(41);
  port.service = "ssh";
  port.banner = "SSH-2.0-x, \"y\"";
  expect_text(listing.port(port), "2001:db8::7,22,tcp,open,ssh,41,\"SSH-2.0-x, \"\"y\"\"\",,,,,\n");
  const ServiceFacts ssh{"ssh", "OpenSSH", "9.2p1", "a, b"};
  port.banner = {};
  port.found = &ssh;
  expect_text(listing.port(port), "2001:db8::7,22,tcp,open,ssh,41,,,ssh,OpenSSH,9.2p1,\"a, b\"\n");
  port = {};
  port.address = *sluice::Address::from_ip("192.0.2.7", 9);
  port.state = PortState::filtered;
  expect_text(listing.port(port), "192.0.2.7,9,tcp,filtered,,,,,,,,\n");
  expect_text(CsvListing(true, false).port(port), "");
}

Test(scan_csv_output, a_file_that_goes_on_has_the_names_of_the_columns_once) {
  expect_text(CsvListing(false, true).begin({}), "");
}

Test(scan_csv_output, no_field_is_a_formula) {
  expect_text(csv_field("=cmd|'/c x'!A1"), "'=cmd|'/c x'!A1");
  expect_text(csv_field("@a,b"), "\"'@a,b\"");
  expect_text(csv_field("a=b"), "a=b");
  expect_text(csv_field(""), "");
}
