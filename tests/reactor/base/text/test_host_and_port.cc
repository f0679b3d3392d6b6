// HOST:PORT in its two parts.
#include <string>
#include <variant>

#include <criterion/criterion.h>

#include "reactor/base/text/host_and_port.h"

using sluice::HostAndPort;
using sluice::split_host_and_port;

namespace {

void expect_parts(const char* text, const char* host, bool bracketed, const char* port) {
  const auto split = split_host_and_port(text, {"hosts", "ports"});
  const auto* const parts = std::get_if<HostAndPort>(&split);
  cr_assert(parts != nullptr, "%s", text);
  cr_expect(parts->host == host && parts->bracketed == bracketed && parts->port == port, "%s",
            text);
}

void expect_wrong(const char* text, const std::string& why) {
  const auto split = split_host_and_port(text, {"hosts", "ports"});
  const auto* const wrong = std::get_if<std::string>(&split);
  cr_assert(wrong != nullptr, "%s", text);
  cr_expect(*wrong == why, "%s: %s", text, wrong->c_str());
}

}  // namespace

Test(host_and_port, the_last_colon_separates_them) {
  expect_parts("example.org:80", "example.org", false, "80");
  expect_parts("127.0.0.1:http", "127.0.0.1", false, "http");
  expect_parts("*:0", "*", false, "0");
  expect_parts("[::1]:7", "::1", true, "7");
  expect_parts("[fe80::1%eth0]:7", "fe80::1%eth0", true, "7");
  expect_parts("example.org:", "example.org", false, "");
}

Test(host_and_port, what_is_wrong_is_quoted_with_what_is_allowed) {
  expect_wrong("", "host is empty; allowed: hosts");
  expect_wrong(":80", "host is empty; allowed: hosts");
  expect_wrong("example.org", "port is missing after \"example.org\"; allowed: ports");
  expect_wrong("[::1]", "port is missing after \"[::1]\"; allowed: ports");
  expect_wrong("[::1]80", "\"80\" follows \"[::1]\" where :PORT is expected");
  expect_wrong("[::1", "host \"[::1\" has no closing ]; an IPv6 address is written [IPv6]:PORT");
  for (const std::string text : {"::1:80", "fe80::1:80"}) {
    expect_wrong(text.c_str(), "host of \"" + text +
                                   "\" has no brackets; an IPv6 address is written [IPv6]:PORT");
  }
}
