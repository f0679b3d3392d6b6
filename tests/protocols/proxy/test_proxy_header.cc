// The header of the PROXY protocol by cases: what is accepted, what is rejected, and that a reader
// never reads past its end.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/proxy/crc32c.h"
#include "protocols/proxy/proxy_header.h"

using namespace sluice;
using Status = ProxyParse::Status;

namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

ProxyParse parse(std::string_view text) {
  return parse_proxy_header(std::as_bytes(std::span(text)));
}

// As "source destination", or why not.
std::string said(std::string_view text) {
  const ProxyParse result = parse(text);
  if (result.status == Status::reject) return std::string(result.why);
  if (result.status == Status::more) return "more";
  if (!result.header.source || !result.header.destination) {
    cr_expect(!result.header.source && !result.header.destination);
    return "the proxy itself";
  }
  return result.header.source->to_string() + ' ' + result.header.destination->to_string();
}

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string v2(char command, char family, std::string_view rest) {
  return std::string(kSignature) + command + family + number(rest.size()) + std::string(rest);
}

std::string extension(char type, std::string_view value) {
  return type + number(value.size()) + std::string(value);
}

const std::string kTcp4("\xC0\x00\x02\x01\x7F\x00\x00\x01\xC0\x00\x1F\x90", 12);
const std::string kTcp4Said = "192.0.2.1:49152 127.0.0.1:8080";
constexpr std::string_view kWrong = "PROXY header with wrong addresses or ports";

// With the right checksum in an extension at the end, plus `error`.
std::string with_checksum(const std::string& addresses, std::uint32_t error = 0) {
  const std::string zero = extension(3, std::string(4, '\0'));
  std::string whole = v2(0x21, 0x11, addresses + zero);
  Crc32c sum;
  sum.add(std::as_bytes(std::span(whole)));
  const std::uint32_t value = sum.value() + error;
  whole.resize(whole.size() - 4);
  return whole + number(value >> 16) + number(value & 0xFFFF);
}

// Reads as a transport does: exactly what is wanted. Returns how many reads it took.
std::size_t reads_of(const std::string& stream, std::size_t header) {
  std::size_t have = 0;
  for (std::size_t reads = 0;; ++reads) {
    const ProxyParse result = parse(std::string_view(stream).substr(0, have));
    if (result.status != Status::more) {
      cr_expect(result.status == Status::done, "%s", std::string(result.why).c_str());
      cr_expect(result.header.size == header && have == header);
      return reads;
    }
    cr_assert(result.wanted > 0);
    have += result.wanted;
    cr_assert(have <= header, "%zu of %zu", have, header);
  }
}

}  // namespace

Test(proxy_header, a_line_has_two_addresses_and_two_ports) {
  cr_expect(said("PROXY TCP4 192.0.2.1 127.0.0.1 49152 8080\r\nGET /") == kTcp4Said);
  cr_expect(said("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n") == "[2001:db8::1]:0 [::1]:65535");
  cr_expect(said("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n") == "192.0.2.1:1 [::1]:2");
}

Test(proxy_header, a_line_may_not_say_who_it_is) {
  cr_expect(said("PROXY UNKNOWN\r\n") == "the proxy itself");
  cr_expect(said("PROXY UNKNOWN ffff::1 whatever it is 1 2 3\r\n") == "the proxy itself");
}

Test(proxy_header, a_line_that_says_anything_else_is_rejected) {
  for (const char* rest :
       {"TCP4 192.0.2.1 127.0.0.1 1", "TCP4 192.0.2.1 127.0.0.1 1 2 3", "TCP4", "TCP4 ",
        "TCP4  192.0.2.1 127.0.0.1 1 2", "TCP4 192.0.2.1 127.0.0.1 1 2 ", "TCP4 ::1 ::1 1 2",
        "TCP6 192.0.2.1 127.0.0.1 1 2", "TCP4 192.0.2.01 127.0.0.1 1 2", "TCP6 fe80::1%1 ::1 1 2",
        "TCP4 192.0.2.1 127.0.0.1 65536 2", "TCP4 192.0.2.1 127.0.0.1 01 2",
        "TCP4 192.0.2.1 127.0.0.1 -1 2", "TCP4 192.0.2.1 127.0.0.1 1 +2",
        "TCP4 192.0.2.1 localhost 1 2", "TCP4\t192.0.2.1 127.0.0.1 1 2 "}) {
    const std::string line = std::string("PROXY ") + rest + "\r\n";
    const std::string why = said(line);
    cr_expect(why == kWrong || why.starts_with("PROXY header of an unknown family"), "%s: %s", rest,
              why.c_str());
  }
  cr_expect(said("PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n").starts_with("PROXY header of an unknown "));
  cr_expect(said("PROXY UNKNOWNS\r\n").starts_with("PROXY header of an unknown "));
}

Test(proxy_header, a_line_ends_in_cr_lf_within_107_bytes) {
  constexpr std::string_view kEnd = "PROXY header whose line does not end in CR LF";
  cr_expect(said("PROXY UNKNOWN\n") == kEnd);
  cr_expect(said("PROXY UNKNOWN\rX") == kEnd);
  const std::string longest = "PROXY UNKNOWN " + std::string(kMaxProxyLine - 16, 'x');
  cr_expect(said(longest + "\r\n") == "the proxy itself");
  cr_expect(said(longest) == "more" && said(longest + "\r") == "more");
  cr_expect(said(longest + "x") == "PROXY header longer than 107 bytes");
  cr_expect(said(longest + "x\r\n") == "PROXY header longer than 107 bytes");
}

Test(proxy_header, something_else_is_rejected_at_the_first_byte_that_differs) {
  for (const std::string text : {"G", "GET / HTTP/1.1\r\n", "PROXYTCP4", "\x16\x03\x01", "\r\n\r\r",
                                 "proxy UNKNOWN\r\n", "\n"}) {
    cr_expect(said(text) == "no PROXY header", "%s", text.c_str());
  }
  cr_expect(said("") == "more" && said("P") == "more" && said("\r\n\r\n") == "more");
}

Test(proxy_header, version_2_has_addresses_of_ipv4_and_ipv6) {
  cr_expect(said(v2(0x21, 0x11, kTcp4) + "more") == kTcp4Said);
  std::string tcp6(32, '\0');
  tcp6[15] = 1;
  tcp6[31] = 2;
  cr_expect(said(v2(0x21, 0x21, tcp6 + number(1) + number(65535))) == "[::1]:1 [::2]:65535");
  tcp6[10] = tcp6[11] = '\xFF';
  cr_expect(said(v2(0x21, 0x21, tcp6 + number(1) + number(2))) == "0.0.0.1:1 [::2]:2");
}

Test(proxy_header, version_2_may_not_say_who_it_is) {
  cr_expect(said(v2(0x20, 0x00, "")) == "the proxy itself");
  cr_expect(said(v2(0x20, 0x7F, "of whatever family")) == "the proxy itself");
  cr_expect(said(v2(0x20, 0x11, kTcp4)) == "the proxy itself");
  cr_expect(said(v2(0x21, 0x00, "")) == "the proxy itself");
  cr_expect(said(v2(0x21, 0x31, std::string(216, '\0'))) == "the proxy itself");
}

Test(proxy_header, version_2_that_says_anything_else_is_rejected) {
  cr_expect(said(v2(0x11, 0x11, kTcp4)) == "PROXY header of an unknown version or command");
  cr_expect(said(v2(0x22, 0x11, kTcp4)) == "PROXY header of an unknown version or command");
  for (const char family : {0x12, 0x22, 0x32, 0x01, 0x41}) {
    cr_expect(said(v2(0x21, family, std::string(216, '\0'))).starts_with("PROXY header of an unk"));
  }
  cr_expect(said(v2(0x21, 0x11, kTcp4.substr(1))) == "PROXY header with truncated addresses");
  cr_expect(said(v2(0x21, 0x21, kTcp4)) == "PROXY header with truncated addresses");
}

Test(proxy_header, version_2_has_a_bound) {
  const std::string most = v2(0x20, 0, std::string(kMaxProxyHeader - 16, 'x'));
  cr_expect(said(most) == "the proxy itself");
  const std::string above = std::string(kSignature) + std::string("\x20\0\x0F\xF1", 4);
  cr_expect(said(above) == "PROXY header longer than 4096 bytes", "before its rest is read");
}

Test(proxy_header, extensions_are_skipped_if_they_are_whole) {
  const std::string some = extension(1, "h2") + extension(4, "") + extension(0x20, "\x01");
  cr_expect(said(v2(0x21, 0x11, kTcp4 + some)) == kTcp4Said);
  constexpr std::string_view kTruncated = "PROXY header with a truncated extension";
  for (std::size_t cut = 1; cut < 3; ++cut) {
    const std::string part = extension(1, "h2");
    cr_expect(said(v2(0x21, 0x11, kTcp4 + part.substr(0, part.size() - cut))) == kTruncated);
  }
  cr_expect(said(v2(0x21, 0x11, kTcp4 + "\x01")) == kTruncated);
}

Test(proxy_header, a_checksum_must_be_right) {
  cr_expect(said(with_checksum(kTcp4)) == kTcp4Said);
  cr_expect(said(with_checksum(kTcp4 + extension(5, "id"))) == kTcp4Said);
  cr_expect(said(with_checksum(kTcp4, 1)) == "PROXY header with a wrong checksum");
  std::string other = with_checksum(kTcp4);
  other[16] = '\x0A';
  cr_expect(said(other) == "PROXY header with a wrong checksum");
  cr_expect(said(v2(0x21, 0x11, kTcp4 + extension(3, "abc"))) ==
            "PROXY header with a checksum that is not of 4 bytes");
}

Test(proxy_header, a_reader_never_wants_a_byte_that_follows_the_header) {
  for (const std::string& header :
       {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n"),
        std::string("PROXY TCP6 :: :: 0 0\r\n"),
        std::string("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
        "PROXY UNKNOWN " + std::string(kMaxProxyLine - 16, 'x') + "\r\n", v2(0x20, 0, ""),
        with_checksum(kTcp4)}) {
    (void)reads_of(header + "what follows", header.size());
  }
  cr_expect(reads_of(v2(0x21, 0x11, kTcp4), 28) == 3);
  cr_expect(reads_of("PROXY TCP4 192.0.2.1 127.0.0.1 49152 8080\r\n", 43) <= 10);
}

Test(proxy_header, what_is_made_is_what_is_parsed) {
  const Address source = *Address::from_ip("192.0.2.1", 49152);
  const Address destination = *Address::from_ip("127.0.0.1", 8080);
  cr_expect(make_proxy_header(ProxyVersion::v1, source, destination) ==
            "PROXY TCP4 192.0.2.1 127.0.0.1 49152 8080\r\n");
  cr_expect(make_proxy_header(ProxyVersion::v2, source, destination) == v2(0x21, 0x11, kTcp4));
  const Address zoned = *Address::from_ip("fe80::1%1", 1);
  const Address other = *Address::from_ip("fe80::2%1", 2);
  for (const ProxyVersion version : {ProxyVersion::v1, ProxyVersion::v2}) {
    cr_expect(said(make_proxy_header(version, source, destination)) == kTcp4Said);
    cr_expect(said(make_proxy_header(version, zoned, other)) == "[fe80::1]:1 [fe80::2]:2");
    cr_expect(said(make_proxy_header(version, source, other)) == "the proxy itself");
    cr_expect(said(make_proxy_header(version, *Address::from_path("/x"), {})) ==
              "the proxy itself");
  }
}
