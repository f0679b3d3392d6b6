// Socket addresses as values: parsing, printing and comparing.
#include <net/if.h>
#include <sys/socket.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include <sluice/address.h>

using namespace std::string_literals;
using sluice::Address;
using sluice::test::expect_prints;
using sluice::test::ip;
using sluice::test::kPathOffset;
using sluice::test::path;
using sluice::test::unix_address;

Test(address, is_unspecified_by_default) {
  const Address none;
  cr_expect(none.family() == AF_UNSPEC);
  cr_expect(none.is_unspecified());
  cr_expect(!none.is_ip() && !none.is_unix() && !none.is_loopback() && !none.is_multicast());
  cr_expect(none.port() == 0 && none.scope_id() == 0 && none.path().empty());
  cr_expect(none == Address());
  expect_prints(none, "(unnamed)");
}

Test(address, reads_an_ipv4_address) {
  const Address address = ip("192.0.2.17", 7007);
  cr_expect(address.family() == AF_INET);
  cr_expect(address.is_ip() && !address.is_unix());
  cr_expect(address.port() == 7007);
  cr_expect(address.size() == sizeof(sockaddr_in));
  const auto* in = reinterpret_cast<const sockaddr_in*>(address.data());
  cr_expect(in->sin_addr.s_addr == htonl(0xc0000211));
  cr_expect(in->sin_port == htons(7007));
}

Test(address, reads_an_ipv6_address) {
  const Address address = ip("2001:DB8::1", 65535);
  cr_expect(address.family() == AF_INET6);
  cr_expect(address.port() == 65535);
  cr_expect(address.size() == sizeof(sockaddr_in6));
  cr_expect(address.scope_id() == 0);
  expect_prints(address, "[2001:db8::1]:65535");
}

Test(address, prints_an_ipv6_address_in_brackets_as_rfc_5952_asks) {
  expect_prints(ip("2001:0db8:0000:0000:0001:0000:0000:0001", 80), "[2001:db8::1:0:0:1]:80");
  expect_prints(ip("2001:DB8:0:1:1:1:1:1", 80), "[2001:db8:0:1:1:1:1:1]:80");
  expect_prints(ip("0:0:0:0:0:0:0:0", 0), "[::]:0");
  expect_prints(ip("::FFFF:192.0.2.1", 1), "[::ffff:192.0.2.1]:1");
  expect_prints(ip("::ffff:c000:201", 1), "[::ffff:192.0.2.1]:1");
  cr_expect(ip("2001:db8::1", 80).host() == "2001:db8::1");
  cr_expect(ip("127.0.0.1", 80).host() == "127.0.0.1");
}

Test(address, parses_what_it_prints) {
  for (const char* text : {"0.0.0.0", "255.255.255.255", "127.0.0.1", "::", "::1", "fe80::1%lo",
                           "ff02::1%4000000000", "::ffff:10.0.0.1", "1:2:3:4:5:6:7:8"}) {
    const Address address = ip(text, 9);
    cr_expect(address.host() == text, "%s prints as %s", text, address.host().c_str());
    cr_expect(ip(address.host(), 9) == address, "%s", text);
  }
}

Test(address, rejects_an_address_that_is_not_numeric) {
  for (const char* text : {"",
                           " 127.0.0.1",
                           "127.0.0.1 ",
                           "127.0.0.1:80",
                           "127.0.0",
                           "127.1",
                           "127.0.0.1.1",
                           "127.0.0.",
                           ".0.0.1",
                           "127..0.1",
                           "127.0.0.256",
                           "127.0.0.01",
                           "0127.0.0.1",
                           "00.0.0.0",
                           "0x7f.0.0.1",
                           "2130706433",
                           "127.0.0.-1",
                           "127.0.0.+1",
                           "localhost",
                           "*",
                           "[::1]",
                           ":",
                           ":::",
                           "1::2::3",
                           "12345::",
                           "::g",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::1/128",
                           "::127.0.0.01"}) {
    cr_expect(!Address::from_ip(text, 1).has_value(), "%s is read", text);
  }
  for (const std::string& text : {"127.0.0.1\0"s, "127.0.0.1\0.example.net"s, "::1\0"s, "\0"s}) {
    cr_expect(!Address::from_ip(text, 1).has_value(), "%s and a NUL is read", text.c_str());
  }
  for (const std::size_t length : {INET6_ADDRSTRLEN - 1, INET6_ADDRSTRLEN, 100000}) {
    cr_expect(!Address::from_ip(std::string(length, '1'), 1).has_value(), "%zu bytes", length);
  }
}

Test(address, reads_the_longest_text_of_an_ipv6_address) {
  const std::string longest = "1111:2222:3333:4444:5555:6666:255.255.255.255";
  cr_assert(longest.size() == INET6_ADDRSTRLEN - 1);
  cr_expect(ip(longest).host() == "1111:2222:3333:4444:5555:6666:ffff:ffff");
}

Test(address, reads_a_zone_by_name_and_by_number) {
  const unsigned lo = ::if_nametoindex("lo");
  cr_assert(lo != 0);
  cr_expect(ip("fe80::1%lo").scope_id() == lo);
  cr_expect(ip("fe80::1%" + std::to_string(lo)) == ip("fe80::1%lo"));
  cr_expect(ip("fe80::1%4294967295").scope_id() == UINT32_MAX);
  expect_prints(ip("fe80::1%lo", 53), "[fe80::1%lo]:53");
  expect_prints(ip("fe80::1%4294967295", 53), "[fe80::1%4294967295]:53");
}

Test(address, rejects_a_zone_that_is_not_an_interface) {
  for (const char* zone : {"", "0", "-1", "+1", "1 ", " 1", "0x1", "4294967296", "no-such-if",
                           "lo%lo", "an-interface-name-too-long", "25lo"}) {
    cr_expect(!Address::from_ip("fe80::1%"s + zone, 1).has_value(), "zone \"%s\" is read", zone);
  }
  cr_expect(!Address::from_ip("fe80::1%lo\0"s, 1).has_value());
  cr_expect(!Address::from_ip("127.0.0.1%lo", 1).has_value());
  cr_expect(!Address::from_ip("%lo", 1).has_value());
}

Test(address, makes_loopback_and_wildcard_addresses) {
  expect_prints(Address::loopback(AF_INET, 1), "127.0.0.1:1");
  expect_prints(Address::loopback(AF_INET6, 2), "[::1]:2");
  expect_prints(Address::any(AF_INET, 3), "0.0.0.0:3");
  expect_prints(Address::any(AF_INET6, 4), "[::]:4");
  cr_expect(Address::loopback(AF_INET, 1).size() == sizeof(sockaddr_in));
  cr_expect(Address::any(AF_INET6, 1).size() == sizeof(sockaddr_in6));
}

#ifndef NDEBUG
Test(address, asserts_that_a_wildcard_has_an_ip_family, .signal = SIGABRT) {
  static_cast<void>(Address::any(AF_UNIX, 1));
}
#endif

Test(address, changes_the_port_of_an_ip_address_only) {
  Address v4 = ip("10.0.0.1", 1);
  v4.set_port(2);
  expect_prints(v4, "10.0.0.1:2");
  Address v6 = ip("::1", 1);
  v6.set_port(65535);
  expect_prints(v6, "[::1]:65535");
  Address un = path("/run/x");
  un.set_port(3);
  cr_expect(un == path("/run/x"));
  cr_expect(un.port() == 0);
}

Test(address, holds_a_unix_path_of_up_to_107_bytes) {
  cr_expect(Address::kMaxPath == 107);
  const Address address = path("/run/x.sock");
  cr_expect(address.is_unix() && !address.is_ip());
  cr_expect(address.path() == "/run/x.sock");
  cr_expect(address.size() == kPathOffset + 12);
  expect_prints(address, "/run/x.sock");
  cr_expect(path("a").path() == "a");
  cr_expect(path("./@x").path() == "./@x");
  cr_expect(path(std::string(107, 'p')).path() == std::string(107, 'p'));
  cr_expect(!Address::from_path(std::string(108, 'p')).has_value());
  cr_expect(!Address::from_path(std::string(5000, 'p')).has_value());
}

Test(address, rejects_a_path_that_is_empty_or_contains_a_nul_or_starts_like_an_abstract_name) {
  cr_expect(!Address::from_path("").has_value());
  cr_expect(!Address::from_path("a\0b"s).has_value());
  cr_expect(!Address::from_path("\0abstract"s).has_value());
  cr_expect(!Address::from_path("/run/x\0"s).has_value());
  cr_expect(!Address::from_path("@x").has_value());
}

Test(address, recognizes_loopback_addresses) {
  for (const char* text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}) {
    cr_expect(ip(text).is_loopback(), "%s", text);
  }
  for (const char* text : {"126.255.255.255", "128.0.0.1", "0.0.0.0", "::", "::2", "fe80::1",
                           "::ffff:128.0.0.1", "::127.0.0.1", "1::1"}) {
    cr_expect(!ip(text).is_loopback(), "%s", text);
  }
  cr_expect(path("/run/x").is_loopback());
}

Test(address, recognizes_unspecified_addresses) {
  for (const char* text : {"0.0.0.0", "::", "::ffff:0.0.0.0"}) {
    cr_expect(ip(text, 9).is_unspecified(), "%s", text);
  }
  for (const char* text : {"0.0.0.1", "1.0.0.0", "::1", "1::", "::ffff:0.0.0.1"}) {
    cr_expect(!ip(text).is_unspecified(), "%s", text);
  }
  cr_expect(!path("/run/x").is_unspecified());
}

Test(address, recognizes_multicast_addresses) {
  for (const char* text :
       {"224.0.0.0", "239.255.255.255", "ff00::", "ff02::1", "ffff::", "::ffff:224.0.0.1"}) {
    cr_expect(ip(text).is_multicast(), "%s", text);
  }
  for (const char* text :
       {"223.255.255.255", "240.0.0.0", "255.255.255.255", "fe80::1", "::1", "::ffff:1.2.3.4"}) {
    cr_expect(!ip(text).is_multicast(), "%s", text);
  }
  cr_expect(!path("/run/x").is_multicast());
}

Test(address, recognizes_the_limited_broadcast_address) {
  cr_expect(ip("255.255.255.255").is_limited_broadcast());
  cr_expect(ip("::ffff:255.255.255.255").is_limited_broadcast());
  for (const char* text : {"255.255.255.254", "10.255.255.255", "0.0.0.0", "ffff::", "::"}) {
    cr_expect(!ip(text).is_limited_broadcast(), "%s", text);
  }
  cr_expect(!Address().is_limited_broadcast());
}

Test(address, unmaps_only_ipv4_mapped_addresses) {
  cr_expect(ip("::ffff:192.0.2.1", 80).unmapped() == ip("192.0.2.1", 80));
  for (const char* text : {"192.0.2.1", "::1", "::192.0.2.1", "::fffe:192.0.2.1", "1::ffff:1.2.3.4",
                           "::ffff:0:1.2.3.4", "64:ff9b::1.2.3.4"}) {
    cr_expect(ip(text, 80).unmapped() == ip(text, 80), "%s", text);
  }
  cr_expect(path("/run/x").unmapped() == path("/run/x"));
}

Test(address, compares_by_family_address_port_zone_and_path) {
  const std::vector<Address> different = {
      Address(),        ip("1.2.3.4", 1),     ip("1.2.3.4", 2),
      ip("1.2.3.5", 1), ip("4.3.2.1", 1),     ip("::1", 1),
      ip("::1", 2),     ip("::2", 1),         ip("::ffff:1.2.3.4", 1),
      ip("fe80::1", 1), ip("fe80::1%7", 1),   ip("fe80::1%8", 1),
      path("/a"),       path("/b"),           path("/ab"),
      unix_address(""), unix_address("\0a"s), unix_address("\0a\0"s)};
  for (std::size_t i = 0; i < different.size(); ++i) {
    for (std::size_t j = 0; j < different.size(); ++j) {
      const Address& a = different[i];
      const Address& b = different[j];
      cr_expect((a == b) == (i == j), "%zu == %zu", i, j);
      cr_expect((a != b) == (i != j), "%zu != %zu", i, j);
      cr_expect((a < b) + (b < a) == (i != j ? 1 : 0), "%zu < %zu", i, j);
    }
  }
  cr_expect(std::set<Address>(different.begin(), different.end()).size() == different.size());
  cr_expect(std::unordered_set<Address>(different.begin(), different.end()).size() ==
            different.size());
  std::set<std::size_t> hashes;
  for (const Address& address : different) hashes.insert(address.hash());
  cr_expect(hashes.size() >= different.size() - 1, "%zu hashes", hashes.size());
}

Test(address, orders_numerically_not_by_bytes_in_memory) {
  cr_expect(ip("1.0.0.2") < ip("2.0.0.1"));
  cr_expect(ip("9.0.0.0") < ip("10.0.0.0"));
  cr_expect(ip("10.0.0.1", 255) < ip("10.0.0.1", 256));
  cr_expect(ip("::9") < ip("::a"));
  cr_expect(ip("1::", 1) < ip("2::", 0));
  cr_expect(ip("fe80::1%7", 2) < ip("fe80::1%8", 1));
  cr_expect(path("/a") < path("/b"));
}

Test(address, compares_without_the_flow_label_and_the_padding) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = in6addr_loopback;
  in6.sin6_flowinfo = htonl(0x12345);
  const Address labelled(reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
  cr_expect(labelled == ip("::1"));
  cr_expect(labelled.hash() == ip("::1").hash());

  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memset(in.sin_zero, 0x55, sizeof in.sin_zero);
  const Address padded(reinterpret_cast<const sockaddr*>(&in), sizeof in);
  cr_expect(padded == ip("127.0.0.1"));
  cr_expect(padded.hash() == ip("127.0.0.1").hash());
}

Test(address, compares_paths_regardless_of_a_counted_nul) {
  cr_expect(unix_address("/run/x") == path("/run/x"));
  cr_expect(unix_address("/run/x\0"s) == path("/run/x"));
  cr_expect(unix_address("/run/x\0rest of an older one"s) == path("/run/x"));
  cr_expect(unix_address("/run/x").hash() == path("/run/x").hash());
}

Test(address, prints_abstract_and_unnamed_unix_sockets) {
  expect_prints(unix_address(""), "(unnamed)");
  cr_expect(unix_address("").path().empty());
  cr_expect(unix_address("").is_unix());
  expect_prints(unix_address("\0chat"s), "@chat");
  cr_expect(unix_address("\0a\0b"s).path() == "@a\0b"s);
  expect_prints(unix_address("\0"s), "@");
}
