// What connect_to() reads from text, and what it rejects.
#include <stdexcept>
#include <string>

#include <criterion/criterion.h>

#include "reactor/connect/connect_target.h"

using namespace sluice;

namespace {

std::string error_of(std::string_view text) {
  try {
    (void)ConnectTarget::read(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

void expect_error(std::string_view text, std::string_view part) {
  const std::string error = error_of(text);
  cr_expect(error.find(part) != std::string::npos, "%s: %s", std::string(text).c_str(),
            error.c_str());
}

}  // namespace

Test(connect_target, is_an_address_if_the_host_is_one) {
  const ConnectTarget v4 = ConnectTarget::read("tcp://127.0.0.1:7007");
  cr_assert(v4.address.has_value());
  cr_expect(v4.address->to_string() == "127.0.0.1:7007");
  cr_expect(!v4.is_tls);
  const ConnectTarget v6 = ConnectTarget::read("tls://[::1]:80");
  cr_assert(v6.address.has_value());
  cr_expect(v6.address->to_string() == "[::1]:80");
  cr_expect(v6.is_tls);
  cr_expect(v6.host == "::1");
  const ConnectTarget path = ConnectTarget::read("unix:///run/x.sock");
  cr_assert(path.address.has_value());
  cr_expect(path.address->path() == "/run/x.sock");
  cr_expect(path.host.empty());
}

Test(connect_target, is_a_name_that_is_to_be_looked_up_otherwise) {
  const ConnectTarget target = ConnectTarget::read("tcp://example.org:7007");
  cr_expect(!target.address);
  cr_expect(target.host == "example.org");
  cr_expect(target.port == 7007);
}

Test(connect_target, takes_a_host_and_its_service_without_brackets) {
  cr_expect(ConnectTarget::of_service("localhost", "7").port == 7);
  const ConnectTarget target = ConnectTarget::of_service("::1", "65535");
  cr_assert(target.address.has_value());
  cr_expect(target.address->to_string() == "[::1]:65535");
}

Test(connect_target, shows_no_more_of_a_long_port_than_of_other_text) {
  const std::string error = error_of("tcp://example.org:" + std::string(100'000, '9'));
  cr_expect(error.ends_with("9... is not in 1-65535"), "%s", error.c_str());
  cr_expect(error.size() < 500);
}

Test(connect_target, rejects_what_nobody_can_connect_to_and_says_what_is_allowed) {
  expect_error("", "allowed are tcp://HOST:PORT, tls://HOST:PORT and unix://PATH");
  expect_error("udp://127.0.0.1:7", "cannot connect to \"udp://127.0.0.1:7\": allowed are tcp://");
  expect_error("tcp://example.org",
               "port is missing after \"example.org\"; allowed: 1-65535 or the name of");
  expect_error("tcp://[::1]", "port is missing after \"[::1]\"; allowed: 1-65535 or the name of");
  expect_error("tcp://example.org:", "no port; allowed: 1-65535 or the name of a service");
  expect_error("tcp://example.org:0", "port 0 is not in 1-65535");
  expect_error("tcp://example.org:65536", "port 65536 is not in 1-65535");
  expect_error("tcp://example.org:99999999999", "port 99999999999 is not in 1-65535");
  expect_error("tcp://example.org:no such", "\"no such\" is neither a port (1-65535) nor a TCP");
  expect_error("tcp://*:80", "* is for listening");
  expect_error("tcp://::1:80", "has no brackets; an IPv6 address is written [IPv6]:PORT");
  expect_error("tcp://[example.org]:80", "brackets are for IPv6 addresses");
  expect_error("tcp://[::zz]:80", "\"::zz\" is neither an IP address nor a name of a host");
  expect_error("tcp://a b:80", "\"a b\" is neither an IP address nor a name of a host");
  expect_error("tcp://127.1:80", "\"127.1\" is neither an IP address nor a name of a host");
  expect_error("tcp://:80", "host is empty; allowed: a name, a.b.c.d and [IPv6]");
}
