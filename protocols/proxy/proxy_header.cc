#include "proxy_header.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "crc32c.h"

namespace sluice {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);  // of version 2
constexpr std::string_view kWord = "PROXY ";                        // of version 1
constexpr std::size_t kFixed = 16;  // of version 2: signature, command, family, length
// Both versions are at least this long, and this much tells them apart.
constexpr std::size_t kFirst = kSignature.size();

ProxyParse more(std::size_t wanted) {
  return {.status = ProxyParse::Status::more, .wanted = wanted};
}
ProxyParse reject(std::string_view why) {
  return {.status = ProxyParse::Status::reject, .why = why};
}
ProxyParse done(ProxyHeader header) {
  return {.status = ProxyParse::Status::done, .header = header};
}

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whether one of them begins with the other.
bool agree(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  return a.substr(0, size) == b.substr(0, size);
}

// --- Version 1

struct Family {
  std::string_view name;
  int family;
  std::size_t shortest;  // address
};
constexpr std::array kFamilies = {Family{"TCP4", AF_INET, std::string_view("1.1.1.1").size()},
                                  Family{"TCP6", AF_INET6, std::string_view("::").size()}};
constexpr std::string_view kUnknown = "UNKNOWN";

std::string_view take_field(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  const bool has_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || stop != end || has_zero) return {};
  return port;
}

std::optional<Address> address_in(std::string_view text, std::string_view port, int family) {
  const auto number = port_in(port);
  if (!number || text.find('%') != text.npos) return {};
  const auto address = Address::from_ip(text, *number);
  if (!address || address->family() != family) return {};
  return address->unmapped();
}

// Without its line end.
ProxyParse parse_line(std::string_view line) {
  ProxyHeader header;
  header.size = line.size() + 2;
  line.remove_prefix(kWord.size());
  const bool has_end = !line.ends_with(' ');
  const std::string_view name = take_field(line);
  if (name == kUnknown) return done(header);  // whatever follows
  for (const Family& each : kFamilies) {
    if (name != each.name) continue;
    const std::string_view source = take_field(line);
    const std::string_view destination = take_field(line);
    const std::string_view source_port = take_field(line);
    const std::string_view destination_port = take_field(line);
    header.source = address_in(source, source_port, each.family);
    header.destination = address_in(destination, destination_port, each.family);
    if (!has_end || !line.empty() || !header.source || !header.destination) {
      return reject("PROXY header with wrong addresses or ports");
    }
    return done(header);
  }
  return reject("PROXY header of an unknown family; allowed: TCP4, TCP6 and UNKNOWN");
}

// How many bytes the line will have at least: each field that is missing, and the line end.
std::size_t least_left(std::string_view line) {
  for (const Family& each : kFamilies) {
    if (!line.substr(kWord.size()).starts_with(each.name)) continue;
    const std::size_t fields[] = {each.shortest, each.shortest, 1, 1};
    const auto spaces = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
    std::size_t left = 2;
    for (std::size_t i = std::max<std::size_t>(spaces, 1) - 1; i < std::size(fields); ++i) {
      left += 1 + fields[i];
    }
    return left;
  }
  return 2;
}

ProxyParse parse_v1(std::string_view text) {
  text = text.substr(0, kMaxProxyLine);
  const std::size_t end = text.find_first_of("\r\n");
  if (end == text.npos) {
    if (text.size() + 2 > kMaxProxyLine) return reject("PROXY header longer than 107 bytes");
    return more(std::min(least_left(text), kMaxProxyLine - text.size()));
  }
  if (text[end] == '\n') return reject("PROXY header whose line does not end in CR LF");
  if (end + 1 == text.size()) {
    return text.size() == kMaxProxyLine ? reject("PROXY header longer than 107 bytes") : more(1);
  }
  if (text[end + 1] != '\n') return reject("PROXY header whose line does not end in CR LF");
  return parse_line(text.substr(0, end));
}

// --- Version 2

// The upper half is the family, the lower one the protocol.
enum class Transported : std::uint8_t { unspecified = 0, tcp4 = 0x11, tcp6 = 0x21, stream = 0x31 };
constexpr std::size_t kSizeTcp4 = 4 + 4 + 2 + 2;
constexpr std::size_t kSizeTcp6 = 16 + 16 + 2 + 2;
constexpr std::size_t kSizeUnix = 108 + 108;
constexpr std::uint8_t kLocal = 0x20;  // version 2, and the command
constexpr std::uint8_t kProxy = 0x21;
constexpr std::uint8_t kTypeCrc32c = 3;

unsigned byte_at(Bytes bytes, std::size_t place) { return std::to_integer<unsigned>(bytes[place]); }
unsigned number_at(Bytes bytes, std::size_t place) {
  return byte_at(bytes, place) << 8 | byte_at(bytes, place + 1);
}

Address ipv4_at(Bytes bytes, std::size_t place, std::uint16_t port) {
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(port);
  std::memcpy(&raw.sin_addr, bytes.data() + place, sizeof raw.sin_addr);
  return {reinterpret_cast<const sockaddr*>(&raw), sizeof raw};
}

Address ipv6_at(Bytes bytes, std::size_t place, std::uint16_t port) {
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_port = htons(port);
  std::memcpy(&raw.sin6_addr, bytes.data() + place, sizeof raw.sin6_addr);
  return Address(reinterpret_cast<const sockaddr*>(&raw), sizeof raw).unmapped();
}

// Whether each extension from `place` on is whole, and a checksum among them is right.
std::string_view fault_of_extensions(Bytes header, std::size_t place) {
  while (place < header.size()) {
    if (header.size() - place < 3) return "PROXY header with a truncated extension";
    const std::size_t value = place + 3;
    const std::size_t size = number_at(header, place + 1);
    if (header.size() - value < size) return "PROXY header with a truncated extension";
    if (byte_at(header, place) == kTypeCrc32c) {
      if (size != 4) return "PROXY header with a checksum that is not of 4 bytes";
      constexpr std::array<std::byte, 4> kZeros{};  // the field counts as zero
      Crc32c sum;
      sum.add(header.first(value));
      sum.add(kZeros);
      sum.add(header.subspan(value + size));
      const std::uint32_t said = number_at(header, value) << 16 | number_at(header, value + 2);
      if (sum.value() != said) return "PROXY header with a wrong checksum";
    }
    place = value + size;
  }
  return {};
}

ProxyParse parse_v2(Bytes head) {
  if (head.size() < kFixed) return more(kFixed - head.size());
  const std::size_t size = kFixed + number_at(head, 14);
  const unsigned command = byte_at(head, 12);
  if (command != kLocal && command != kProxy) {
    return reject("PROXY header of an unknown version or command");
  }
  if (size > kMaxProxyHeader) return reject("PROXY header longer than 4096 bytes");
  if (head.size() < size) return more(size - head.size());
  head = head.first(size);
  ProxyHeader header;
  header.size = size;
  if (command == kLocal) return done(header);  // whatever follows
  std::size_t addresses = 0;
  switch (static_cast<Transported>(byte_at(head, 13))) {
    case Transported::unspecified:
      break;
    case Transported::tcp4:
      addresses = kSizeTcp4;
      break;
    case Transported::tcp6:
      addresses = kSizeTcp6;
      break;
    case Transported::stream:
      addresses = kSizeUnix;
      break;
    default:
      return reject("PROXY header of an unknown family; allowed: unspecified, TCP and Unix");
  }
  if (size - kFixed < addresses) return reject("PROXY header with truncated addresses");
  const std::string_view fault = fault_of_extensions(head, kFixed + addresses);
  if (!fault.empty()) return reject(fault);
  const auto port = [&head](std::size_t place) {
    return static_cast<std::uint16_t>(number_at(head, kFixed + place));
  };
  if (addresses == kSizeTcp4) {
    header.source = ipv4_at(head, kFixed, port(8));
    header.destination = ipv4_at(head, kFixed + 4, port(10));
  } else if (addresses == kSizeTcp6) {
    header.source = ipv6_at(head, kFixed, port(32));
    header.destination = ipv6_at(head, kFixed + 16, port(34));
  }
  return done(header);
}

// --- Writing

void append_number(std::string& text, std::size_t number) {
  text += static_cast<char>(number >> 8);
  text += static_cast<char>(number & 0xFF);
}

// A zone is of this host only.
std::string without_zone(const Address& address) {
  const std::string host = address.host();
  return host.substr(0, host.find('%'));
}

std::string make_line(const Address& source, const Address& destination) {
  if (!source.is_ip()) return std::string(kWord) + std::string(kUnknown) + "\r\n";
  const Family& family = kFamilies[source.family() == AF_INET ? 0 : 1];
  return std::string(kWord) + std::string(family.name) + ' ' + without_zone(source) + ' ' +
         without_zone(destination) + ' ' + std::to_string(source.port()) + ' ' +
         std::to_string(destination.port()) + "\r\n";
}

void append_host(std::string& text, const Address& address) {
  if (address.family() == AF_INET) {
    const auto* raw = reinterpret_cast<const sockaddr_in*>(address.data());
    text.append(reinterpret_cast<const char*>(&raw->sin_addr), sizeof raw->sin_addr);
  } else {
    const auto* raw = reinterpret_cast<const sockaddr_in6*>(address.data());
    text.append(reinterpret_cast<const char*>(&raw->sin6_addr), sizeof raw->sin6_addr);
  }
}

std::string make_binary(const Address& source, const Address& destination) {
  std::string text(kSignature);
  text += static_cast<char>(kProxy);
  if (!source.is_ip()) {
    text += static_cast<char>(Transported::unspecified);
    append_number(text, 0);
    return text;
  }
  const bool is_ipv4 = source.family() == AF_INET;
  text += static_cast<char>(is_ipv4 ? Transported::tcp4 : Transported::tcp6);
  append_number(text, is_ipv4 ? kSizeTcp4 : kSizeTcp6);
  append_host(text, source);
  append_host(text, destination);
  append_number(text, source.port());
  append_number(text, destination.port());
  return text;
}

}  // namespace

ProxyParse parse_proxy_header(Bytes head) {
  const std::string_view text = text_of(head);
  const bool first = agree(text, kWord);
  if (!first && !agree(text, kSignature)) return reject("no PROXY header");
  if (head.size() < kFirst) return more(kFirst - head.size());
  return first ? parse_v1(text) : parse_v2(head);
}

std::string make_proxy_header(ProxyVersion version, const Address& source,
                              const Address& destination) {
  Address from = source.unmapped();
  const Address to = destination.unmapped();
  if (!from.is_ip() || from.family() != to.family()) from = Address();
  return version == ProxyVersion::v1 ? make_line(from, to) : make_binary(from, to);
}

}  // namespace sluice
