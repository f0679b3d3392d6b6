// The listing for programs.
#include <nlohmann/json.hpp>
#include <string>

#include <criterion/criterion.h>

#include "support/scan_reports.h"
#include "tools/sluice-scan/listings/json_output.h"

using sluice::Address;
using sluice::test::expect_text;
using sluice::tools::scan::JsonListing;
using sluice::tools::scan::PortReport;
using sluice::tools::scan::PortState;
using sluice::tools::scan::TlsFacts;

namespace {

PortReport port(PortState state) {
  PortReport report;
  report.address = *Address::from_ip("127.0.0.1", 22);
  report.state = state;
  report.rtt = std::chrono::microseconds(state == PortState::filtered ? 0 : 41);
  report.service = "ssh";
  return report;
}

}  // namespace

Test(scan_json_output, a_port_is_an_object_on_a_line) {
  JsonListing listing(false);
  auto open = port(PortState::open);
  open.banner = "SSH-2.0-x";
  expect_text(listing.port(open),
              R"({"host":"127.0.0.1","port":22,"proto":"tcp","state":"open","service":"ssh",)"
              R"("rtt_us":41,"banner":"SSH-2.0-x"})"
              "\n");
  expect_text(listing.port(port(PortState::filtered)),
              R"({"host":"127.0.0.1","port":22,"proto":"tcp","state":"filtered","service":"ssh",)"
              R"("rtt_us":null,"banner":""})"
              "\n");
  cr_expect(!listing.by_host());
}

Test(scan_json_output, tls_is_a_member_of_each_port_if_it_was_asked_for) {
  JsonListing listing(false, true);
  const TlsFacts facts{.version = "TLSv1.3",
                       .cipher = "TLS_AES_128_GCM_SHA256",
                       .subject = "CN=a\"b",
                       .names = {"a.example", "::1"},
                       .not_after = std::chrono::system_clock::time_point()};
  auto open = port(PortState::open);
  open.tls = &facts;
  expect_text(listing.port(open),
              R"({"host":"127.0.0.1","port":22,"proto":"tcp","state":"open","service":"ssh",)"
              R"("rtt_us":41,"banner":"","tls":{"version":"TLSv1.3",)"
              R"("cipher":"TLS_AES_128_GCM_SHA256","subject":"CN=a\"b",)"
              R"("names":["a.example","::1"],"not_after":"1970-01-01T00:00:00.000Z"}})"
              "\n");
  cr_expect(listing.port(port(PortState::open)).find(R"("banner":"","tls":null})") !=
            std::string::npos);
}

Test(scan_json_output, only_open_ones_are_listed_where_that_is_wanted) {
  JsonListing listing(true);
  for (const auto state :
       {PortState::closed, PortState::filtered, PortState::unreachable, PortState::failed}) {
    cr_expect(listing.port(port(state)).empty());
  }
  cr_expect(!listing.port(port(PortState::open)).empty());
}

Test(scan_json_output, what_no_terminal_should_see_is_escaped) {
  JsonListing listing(false);
  auto open = port(PortState::open);
  const std::string banner = "\"\\\n\xc3\xbc \xf0\x9f\x98\x80";
  open.banner = banner;
  const std::string line = listing.port(open);
  for (const char byte : line) cr_expect(byte == '\n' || (byte >= ' ' && byte <= '~'));
  cr_expect(nlohmann::json::parse(line)["banner"] == banner);
  open.banner = "\xff";  // not UTF-8: still JSON
  cr_expect(nlohmann::json::accept(listing.port(open)));
}

Test(scan_json_output, the_last_line_is_the_summary) {
  JsonListing listing(false);
  const auto object = nlohmann::json::parse(listing.end(sluice::test::summary(false)));
  const auto& summary = object.at("summary");
  cr_expect(summary.at("complete") == false);
  cr_expect(summary.at("addresses") == 2 && summary.at("ports") == 1000);
  cr_expect(summary.at("probes") == 2000 && summary.at("done") == 1000);
  cr_expect(summary.at("open") == 3 && summary.at("elapsed_ms") == 1234);
}
