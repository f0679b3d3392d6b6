// Endpoints: the valid texts, and the exact message for each invalid one.
#include <net/if.h>

#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/endpoint.h>

using sluice::Address;
using sluice::Endpoint;
using sluice::EndpointError;
using sluice::Scheme;
using namespace std::string_literals;

namespace {

struct Wrong {
  std::string text;
  std::string message;
};

Endpoint parsed(std::string_view text) {
  auto result = Endpoint::parse(text);
  if (const auto* wrong = std::get_if<EndpointError>(&result)) {
    cr_assert_fail("%s: %s", std::string(text).c_str(), wrong->message.c_str());
  }
  return std::get<Endpoint>(result);
}

void expect_messages(const std::vector<Wrong>& all) {
  for (const Wrong& one : all) {
    const auto result = Endpoint::parse(one.text);
    const auto* wrong = std::get_if<EndpointError>(&result);
    cr_expect(wrong != nullptr, "\"%s\" is read", one.text.c_str());
    if (wrong == nullptr) continue;
    cr_expect(wrong->message == one.message, "%s\n  gives %s\n  not   %s", one.text.c_str(),
              wrong->message.c_str(), one.message.c_str());
  }
}

}  // namespace

Test(endpoint, reads_tcp_udp_and_unix) {
  const Endpoint tcp = parsed("tcp://127.0.0.1:7007");
  cr_expect(tcp.scheme() == Scheme::tcp);
  cr_expect(tcp.address() == Address::loopback(AF_INET, 7007));
  cr_expect(!tcp.any_family());

  const Endpoint udp = parsed("udp://[::1]:53");
  cr_expect(udp.scheme() == Scheme::udp);
  cr_expect(udp.address() == Address::loopback(AF_INET6, 53));
  cr_expect(!udp.any_family());

  const Endpoint local = parsed("unix:///run/x.sock");
  cr_expect(local.scheme() == Scheme::unix_stream);
  cr_expect(local.address() == *Address::from_path("/run/x.sock"));
  cr_expect(!local.any_family());
}

Test(endpoint, reads_a_star_as_both_families) {
  const Endpoint star = parsed("tcp://*:0");
  cr_expect(star.any_family());
  cr_expect(star.address() == Address::any(AF_INET6, 0));
  cr_expect(star == Endpoint::wildcard(Scheme::tcp, 0));
  cr_expect(!parsed("tcp://[::]:0").any_family());
  cr_expect(!parsed("tcp://0.0.0.0:0").any_family());
  cr_expect(parsed("udp://*:53") == Endpoint::wildcard(Scheme::udp, 53));
}

Test(endpoint, parses_what_it_prints) {
  const std::vector<std::string> texts = {
      "tcp://127.0.0.1:7007",
      "tcp://0.0.0.0:0",
      "tcp://255.255.255.255:65535",
      "udp://[::1]:53",
      "tcp://[::]:0",
      "tcp://[fe80::1%lo]:80",
      "udp://[ff02::1%4000000000]:5353",
      "tcp://[::ffff:127.0.0.1]:80",
      "tcp://*:0",
      "udp://*:65535",
      "unix:///run/x.sock",
      "unix://relative/x.sock",
      "unix://x",
      "unix://./@x",
      "unix:///a b,c=d://e:80",
      "unix:///" + std::string(106, 'p'),
  };
  for (const std::string& text : texts) {
    const Endpoint endpoint = parsed(text);
    cr_expect(endpoint.to_string() == text, "%s prints as %s", text.c_str(),
              endpoint.to_string().c_str());
    cr_expect(parsed(endpoint.to_string()) == endpoint, "%s", text.c_str());
  }
}

Test(endpoint, prints_the_canonical_form) {
  cr_expect(parsed("tcp://[2001:DB8:0:0:0:0:0:1]:080").to_string() == "tcp://[2001:db8::1]:80");
  cr_expect(parsed("udp://[0::0]:00000000000000000000065535").to_string() == "udp://[::]:65535");
  const std::string number = std::to_string(::if_nametoindex("lo"));
  cr_expect(parsed("tcp://[fe80::1%" + number + "]:1").to_string() == "tcp://[fe80::1%lo]:1");
}

Test(endpoint, names_a_port_that_is_out_of_range) {
  expect_messages({
      {"tcp://127.0.0.1:99999", "port 99999 is not in 0-65535"},
      {"tcp://127.0.0.1:65536", "port 65536 is not in 0-65535"},
      {"udp://[::1]:65536", "port 65536 is not in 0-65535"},
      {"tcp://*:70000", "port 70000 is not in 0-65535"},
      {"tcp://127.0.0.1:4294967376", "port 4294967376 is not in 0-65535"},
      {"tcp://127.0.0.1:18446744073709551696", "port 18446744073709551696 is not in 0-65535"},
      {"tcp://127.0.0.1:" + std::string(161, '9'),
       "port \"" + std::string(157, '9') + "...\" is not in 0-65535"},
  });
}

Test(endpoint, names_a_port_that_is_not_a_decimal_number) {
  const std::string tail = " is not a decimal number in 0-65535";
  expect_messages({
      {"tcp://127.0.0.1:http", "port \"http\"" + tail},
      {"tcp://127.0.0.1:+1", "port \"+1\"" + tail},
      {"tcp://127.0.0.1:-1", "port \"-1\"" + tail},
      {"tcp://127.0.0.1:0x10", "port \"0x10\"" + tail},
      {"tcp://127.0.0.1: 80", "port \" 80\"" + tail},
      {"tcp://127.0.0.1:80 ", "port \"80 \"" + tail},
      {"tcp://127.0.0.1:80/", "port \"80/\"" + tail},
      {"tcp://127.0.0.1:80,max=1", "port \"80,max=1\"" + tail},
      {"tcp://127.0.0.1:80\n", "port \"80\\x0a\"" + tail},
      {"tcp://127.0.0.1:80\0"s, "port \"80\\x00\"" + tail},
      {"udp://[::1]:1e3", "port \"1e3\"" + tail},
      {"tcp://*:*", "port \"*\"" + tail},
  });
}

Test(endpoint, says_where_a_port_is_missing) {
  expect_messages({
      {"tcp://127.0.0.1", "port is missing after \"127.0.0.1\"; allowed: 0-65535"},
      {"tcp://127.0.0.1:", "port is missing after \"127.0.0.1:\"; allowed: 0-65535"},
      {"tcp://*", "port is missing after \"*\"; allowed: 0-65535"},
      {"tcp://*:", "port is missing after \"*:\"; allowed: 0-65535"},
      {"udp://[::1]", "port is missing after \"[::1]\"; allowed: 0-65535"},
      {"udp://[::1]:", "port is missing after \"[::1]:\"; allowed: 0-65535"},
      {"tcp://7007", "port is missing after \"7007\"; allowed: 0-65535"},
  });
}

Test(endpoint, names_a_host_that_is_not_numeric) {
  const std::string tail = " is not a numeric address; allowed: a.b.c.d, [IPv6] and *";
  expect_messages({
      {"tcp://localhost:80", "host \"localhost\"" + tail},
      {"tcp://localhost:99999", "host \"localhost\"" + tail},
      {"tcp://127.1:80", "host \"127.1\"" + tail},
      {"tcp://127.0.0.01:80", "host \"127.0.0.01\"" + tail},
      {"tcp://010.0.0.1:80", "host \"010.0.0.1\"" + tail},
      {"tcp://127.0.0.256:80", "host \"127.0.0.256\"" + tail},
      {"tcp://0x7f000001:80", "host \"0x7f000001\"" + tail},
      {"tcp://127.0.0.1%lo:80", "host \"127.0.0.1%lo\"" + tail},
      {"tcp:// 127.0.0.1:80", "host \" 127.0.0.1\"" + tail},
      {"tcp://user@127.0.0.1:80", "host \"user@127.0.0.1\"" + tail},
      {"tcp:///127.0.0.1:80", "host \"/127.0.0.1\"" + tail},
      {"tcp://**:80", "host \"**\"" + tail},
      {"tcp://127.0.0.1\0:80"s, "host \"127.0.0.1\\x00\"" + tail},
      {"tcp://\x1b[2J\x7f:80", "host \"\\x1b[2J\\x7f\"" + tail},
      {"tcp://bücher.example:80", "host \"bücher.example\"" + tail},
  });
}

Test(endpoint, names_an_empty_host) {
  const std::string message = "host is empty; allowed: a.b.c.d, [IPv6] and *";
  expect_messages(
      {{"tcp://", message}, {"udp://", message}, {"tcp://:", message}, {"tcp://:80", message}});
}

Test(endpoint, asks_for_brackets_around_an_ipv6_address) {
  const std::string tail = " has no brackets; an IPv6 address is written [IPv6]:PORT";
  expect_messages({
      {"tcp://::1", "host of \"::1\"" + tail},
      {"tcp://fe80::1:80", "host of \"fe80::1:80\"" + tail},
      {"tcp://127.0.0.1:80:90", "host of \"127.0.0.1:80:90\"" + tail},
      {"tcp://2001:db8::1", "host of \"2001:db8::1\"" + tail},
      {"tcp://fe80::1]:80", "host of \"fe80::1]:80\"" + tail},
  });
}

Test(endpoint, names_what_is_wrong_with_brackets) {
  const std::string open = " has no closing ]; an IPv6 address is written [IPv6]:PORT";
  const std::string tail = " in brackets is not an IPv6 address";
  expect_messages({
      {"tcp://[::1:80", "host \"[::1:80\"" + open},
      {"tcp://[", "host \"[\"" + open},
      {"tcp://[]:80", "host \"\"" + tail},
      {"tcp://[127.0.0.1]:80", "host \"127.0.0.1\"" + tail},
      {"tcp://[*]:80", "host \"*\"" + tail},
      {"tcp://[localhost]:80", "host \"localhost\"" + tail},
      {"tcp://[1::2::3]:80", "host \"1::2::3\"" + tail},
      {"tcp://[[::1]]:80", "\"]:80\" follows \"[[::1]\" where :PORT is expected"},
      {"tcp://[::1]80", "\"80\" follows \"[::1]\" where :PORT is expected"},
      {"tcp://[::1]x:80", "\"x:80\" follows \"[::1]\" where :PORT is expected"},
      {"tcp://[::1] :80", "\" :80\" follows \"[::1]\" where :PORT is expected"},
      {"tcp://[::1]:80]", "port \"80]\" is not a decimal number in 0-65535"},
      {"tcp://[::1]:80:90", "port \"80:90\" is not a decimal number in 0-65535"},
  });
}

Test(endpoint, names_a_zone_that_is_not_an_interface) {
  const std::string tail = " is not the name or number of an interface";
  expect_messages({
      {"tcp://[fe80::1%no-such-if]:80", "zone \"no-such-if\"" + tail},
      {"tcp://[fe80::1%]:80", "zone \"\"" + tail},
      {"tcp://[fe80::1%0]:80", "zone \"0\"" + tail},
      {"tcp://[fe80::1%25lo]:80", "zone \"25lo\"" + tail},
      {"tcp://[fe80::x%lo]:80", "host \"fe80::x%lo\" in brackets is not an IPv6 address"},
      {"tcp://[127.0.0.1%lo]:80", "host \"127.0.0.1%lo\" in brackets is not an IPv6 address"},
  });
}

Test(endpoint, names_an_unknown_scheme) {
  expect_messages({
      {"http://127.0.0.1:80", "scheme \"http\" is not tcp, udp or unix"},
      {"TCP://127.0.0.1:80", "scheme \"TCP\" is not tcp, udp or unix"},
      {"Unix:///run/x", "scheme \"Unix\" is not tcp, udp or unix"},
      {"tcp6://[::1]:80", "scheme \"tcp6\" is not tcp, udp or unix"},
      {" tcp://127.0.0.1:80", "scheme \" tcp\" is not tcp, udp or unix"},
      {"tc://127.0.0.1:80", "scheme \"tc\" is not tcp, udp or unix"},
      {"://127.0.0.1:80", "scheme \"\" is not tcp, udp or unix"},
      {"tcp\n://127.0.0.1:80", "scheme \"tcp\\x0a\" is not tcp, udp or unix"},
  });
}

Test(endpoint, says_that_slashes_are_missing_after_a_scheme) {
  const std::string tail = "; allowed: tcp://, udp:// and unix://";
  expect_messages({
      {"tcp:127.0.0.1:80", "\"tcp:127.0.0.1:80\" has no // after \"tcp:\"" + tail},
      {"tcp:/127.0.0.1:80", "\"tcp:/127.0.0.1:80\" has no // after \"tcp:\"" + tail},
      {"unix:/run/x", "\"unix:/run/x\" has no // after \"unix:\"" + tail},
      {"tcp:", "\"tcp:\" has no // after \"tcp:\"" + tail},
  });
}

Test(endpoint, says_that_a_scheme_is_missing) {
  const std::string tail = " has no scheme; allowed: tcp://, udp:// and unix://";
  expect_messages({
      {"", "\"\"" + tail},
      {"127.0.0.1:80", "\"127.0.0.1:80\"" + tail},
      {"/run/x", "\"/run/x\"" + tail},
      {"tcp", "\"tcp\"" + tail},
      {"*:80", "\"*:80\"" + tail},
      {std::string(100000, 'x'), "\"" + std::string(157, 'x') + "...\"" + tail},
      {std::string(160, 'x'), "\"" + std::string(160, 'x') + "\"" + tail},
  });
}

Test(endpoint, names_what_is_wrong_with_a_path) {
  expect_messages({
      {"unix://", "path is empty; allowed: 1-107 bytes"},
      {"unix:///" + std::string(107, 'p'),
       "path \"/" + std::string(107, 'p') + "\" has 108 bytes; allowed: 1-107"},
      {"unix://" + std::string(4096, 'p'),
       "path \"" + std::string(157, 'p') + "...\" has 4096 bytes; allowed: 1-107"},
      {"unix:///run/x\0y"s, "path \"/run/x\\x00y\" holds a NUL; every other byte is allowed"},
      {"unix://\0x"s, "path \"\\x00x\" holds a NUL; every other byte is allowed"},
      {"unix://@chat",
       "path \"@chat\" starts with @, which marks an abstract name; a file of that name is "
       "\"./@chat\""},
  });
  cr_expect(parsed("unix:///" + std::string(106, 'p')).address().path().size() == 107);
}

Test(endpoint, from_throws_the_message_and_the_text) {
  cr_expect(Endpoint::from("tcp://*:80") == Endpoint::wildcard(Scheme::tcp, 80));
  try {
    static_cast<void>(Endpoint::from("tcp://127.0.0.1:99999"));
    cr_assert_fail("nothing was thrown");
  } catch (const std::invalid_argument& error) {
    cr_expect(std::strcmp(error.what(),
                          "endpoint \"tcp://127.0.0.1:99999\": port 99999 is not in 0-65535") == 0,
              "%s", error.what());
  }
}

Test(endpoint, gets_the_address_that_the_kernel_has_chosen) {
  const Endpoint any = parsed("tcp://*:0");
  const Endpoint bound6 = any.with_address(Address::any(AF_INET6, 4711));
  const Endpoint bound4 = any.with_address(Address::any(AF_INET, 4711));
  cr_expect(bound6.to_string() == "tcp://*:4711");
  cr_expect(bound4.to_string() == "tcp://*:4711");
  cr_expect(bound4.address().family() == AF_INET);
  cr_expect(bound4 == bound6);
  cr_expect(bound4 == parsed(bound4.to_string()));
  const Endpoint one = parsed("udp://127.0.0.1:0").with_address(Address::loopback(AF_INET, 5));
  cr_expect(one.to_string() == "udp://127.0.0.1:5");
}

Test(endpoint, compares_transport_address_and_star) {
  const std::vector<Endpoint> different = {parsed("tcp://127.0.0.1:1"), parsed("udp://127.0.0.1:1"),
                                           parsed("tcp://127.0.0.1:2"), parsed("tcp://[::]:1"),
                                           parsed("tcp://*:1"),         parsed("tcp://*:2"),
                                           parsed("udp://*:1"),         parsed("tcp://0.0.0.0:1"),
                                           parsed("unix://x"),          parsed("unix://y")};
  for (std::size_t i = 0; i < different.size(); ++i) {
    for (std::size_t j = 0; j < different.size(); ++j) {
      cr_expect((different[i] == different[j]) == (i == j), "%zu and %zu", i, j);
    }
  }
}

Test(endpoint, prints_each_transport) {
  cr_expect(sluice::to_string(Scheme::tcp) == "tcp");
  cr_expect(sluice::to_string(Scheme::udp) == "udp");
  cr_expect(sluice::to_string(Scheme::unix_stream) == "unix");
  cr_expect(Endpoint(Scheme::unix_stream, Address()).to_string() == "unix://(unnamed)");
}

#ifndef NDEBUG
Test(endpoint, asserts_that_a_transport_and_its_address_agree, .signal = SIGABRT) {
  const Endpoint wrong(Scheme::unix_stream, Address::loopback(AF_INET, 1));
  static_cast<void>(wrong);
}

Test(endpoint, asserts_that_tcp_has_no_path, .signal = SIGABRT) {
  const Endpoint wrong(Scheme::tcp, *Address::from_path("/run/x"));
  static_cast<void>(wrong);
}

Test(endpoint, asserts_that_a_unix_socket_has_no_wildcard, .signal = SIGABRT) {
  static_cast<void>(Endpoint::wildcard(Scheme::unix_stream, 1));
}
#endif
