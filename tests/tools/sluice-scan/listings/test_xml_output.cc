// nmap's XML, and where an earlier document goes on.
#include <string>

#include <criterion/criterion.h>

#include "support/scan_reports.h"
#include "tools/sluice-scan/listings/xml_output.h"

using sluice::tools::scan::find_xml_end;
using sluice::tools::scan::xml_escape;
using sluice::tools::scan::XmlListing;
using namespace sluice::test;  // the reports

Test(scan_xml_output, what_has_a_meaning_in_xml_is_escaped) {
  expect_text(xml_escape("<a b=\"c\" d='&'>"), "&lt;a b=&quot;c&quot; d=&apos;&amp;&apos;&gt;");
  expect_text(xml_escape("w\xc3\xb6rld"), "w\xc3\xb6rld");
  expect_text(xml_escape("\xef\xbf\xbex\xef\xbf\xbf"), "\xef\xbf\xbdx\xef\xbf\xbd");
}

Test(scan_xml_output, a_host_has_its_ports_and_the_sums_of_the_others) {
  XmlListing listing({});
  const std::string open = R"(<state state="open" reason="syn-ack" reason_ttl="0"/>)";
  expect_text(listing.host(busy_host()),
              "<host><status state=\"up\" reason=\"syn-ack\" reason_ttl=\"0\"/>\n"
              "<address addr=\"192.0.2.7\" addrtype=\"ipv4\"/>\n"
              "<hostnames>\n<hostname name=\"www.example\" type=\"user\"/>\n</hostnames>\n"
              "<ports>"
              R"(<extraports state="closed" count="990">)"
              R"(<extrareasons reason="conn-refused" count="990"/></extraports>)"
              "\n"
              R"(<extraports state="filtered" count="6">)"
              R"(<extrareasons reason="no-response" count="4"/>)"
              R"(<extrareasons reason="host-unreach" count="2"/></extraports>)"
              "\n"
              R"(<port protocol="tcp" portid="22">)" +
                  open +
                  R"(<service name="ssh" method="table" conf="3"/>)"
                  R"(<script id="banner" output="SSH-2.0-x/1,2"/></port>)"
                  "\n"
                  R"(<port protocol="tcp" portid="8080">)" +
                  open +
                  R"(<service name="http-alt" method="table" conf="3"/></port>)"
                  "\n"
                  R"(<port protocol="tcp" portid="60000">)" +
                  open +
                  R"(<script id="banner" output="&lt;&amp;&gt;&quot;&apos;"/></port>)"
                  "\n</ports>\n</host>\n");
}

Test(scan_xml_output, a_zone_is_no_part_of_an_address) {
  XmlListing listing({});
  auto host = silent_host();
  host.address = *sluice::Address::from_ip("fe80::1%7", 0);
  const std::string text = listing.host(host);
  cr_expect(text.find("addr=\"fe80::1\" addrtype=\"ipv6\"") != text.npos);
  cr_expect(text.find("state=\"down\" reason=\"no-response\"") != text.npos);
}

Test(scan_xml_output, an_end_can_be_taken_away_again) {
  XmlListing listing({});
  std::string document =
      listing.begin({.command = "sluice-scan '<&>'", .ports = "22", .port_count = 1});
  cr_expect(document.find("args=\"sluice-scan &apos;&lt;&amp;&gt;&apos;\"") != document.npos);
  auto host = busy_host();
  host.open[0].banner = "<runstats>";  // a peer's joke
  document += listing.host(host);
  const std::size_t end = document.size();
  cr_expect(find_xml_end(document) == document.npos);
  document += listing.end(summary(false));
  cr_expect(find_xml_end(document) == end);
  cr_expect(document.size() - end < sluice::tools::scan::kMaxXmlEnd);
  cr_expect(find_xml_end("") == std::string_view::npos);
  XmlListing more({false, true});
  expect_text(more.begin({}), "");
}

Test(scan_xml_output, an_interrupted_scan_says_so) {
  XmlListing listing({});
  cr_expect(listing.end(summary(false)).find("exit=\"error\" errormsg=\"interrupted\"") !=
            std::string::npos);
  cr_expect(listing.end(summary(true)).find("exit=\"success\"") != std::string::npos);
}
