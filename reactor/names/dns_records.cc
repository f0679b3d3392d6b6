#include "dns_records.h"

#include <algorithm>
#include <array>
#include <utility>

#include "../base/text/host_name.h"
#include "../base/text/quote.h"
#include "dns_section.h"

namespace sluice {
namespace {

constexpr std::array kTypes = {DnsType::a,     DnsType::aaaa, DnsType::caa, DnsType::cname,
                               DnsType::https, DnsType::mx,   DnsType::ns,  DnsType::ptr,
                               DnsType::soa,   DnsType::srv,  DnsType::txt};

// One byte of a name or a string. `special` are the characters that a backslash precedes.
void add_byte(std::string& text, unsigned char byte, std::string_view special) {
  const char c = static_cast<char>(byte);
  if (byte < ' ' || byte > '~') {
    text += '\\';
    text += static_cast<char>('0' + byte / 100);
    text += static_cast<char>('0' + byte / 10 % 10);
    text += static_cast<char>('0' + byte % 10);
  } else {
    if (special.find(c) != special.npos) text += '\\';
    text += c;
  }
}

std::string name_text(const WireName& name) {
  std::string text;
  std::string_view left = name.view();
  while (left.size() > 1) {
    const std::string_view label = left.substr(1, static_cast<unsigned char>(left.front()));
    if (!text.empty()) text += '.';
    for (const char c : label) add_byte(text, static_cast<unsigned char>(c), ".\\\";()@$ ");
    left.remove_prefix(1 + label.size());
  }
  return text.empty() ? "." : text;
}

std::string quoted(std::span<const unsigned char> bytes) {
  std::string text = "\"";
  for (const unsigned char byte : bytes) add_byte(text, byte, "\"\\");
  return text + '"';
}

// What the data of one record is read from: never beyond its end.
class Data {
 public:
  Data(DnsReader& reader, std::size_t size) noexcept : reader_(reader), end_(reader.at() + size) {}

  [[nodiscard]] bool ok() const noexcept { return good_ && reader_.ok() && reader_.at() <= end_; }
  [[nodiscard]] std::size_t left() const noexcept { return ok() ? end_ - reader_.at() : 0; }
  void fail() noexcept { good_ = false; }

  std::string name() { return name_text(reader_.name()); }
  unsigned u16() noexcept { return reader_.u16(); }
  unsigned u8() noexcept {
    const auto one = bytes(1);
    return one.empty() ? 0 : one[0];
  }
  std::string number16() { return std::to_string(u16()); }
  std::string number32() {
    const std::uint32_t high = u16();
    return std::to_string(high << 16 | u16());
  }
  std::span<const unsigned char> bytes(std::size_t size) noexcept {
    if (size > left()) {
      fail();
      return {};
    }
    return reader_.bytes(size);
  }
  std::span<const unsigned char> counted() noexcept { return bytes(u8()); }

 private:
  DnsReader& reader_;
  std::size_t end_;
  bool good_ = true;
};

std::string address_text(Data& data, std::size_t size) {
  const auto bytes = data.bytes(size);
  return bytes.empty() ? "" : RawAddress(bytes).with_port(0).host();
}

std::string soa_text(Data& data) {
  std::string text = data.name();
  text += ' ' + data.name();
  for (int i = 0; i < 5; ++i) text += ' ' + data.number32();
  return text;
}

std::string srv_text(Data& data) {
  std::string text;
  for (int i = 0; i < 3; ++i) text += data.number16() + ' ';
  return text + data.name();
}

std::string txt_text(Data& data) {
  std::string text;
  while (data.left() > 0) {
    if (!text.empty()) text += ' ';
    text += quoted(data.counted());
  }
  return text;
}

std::string caa_text(Data& data) {
  std::string text = std::to_string(data.u8()) + ' ';
  for (const unsigned char byte : data.counted()) add_byte(text, byte, "\"\\ ");
  return text + ' ' + quoted(data.bytes(data.left()));
}

// RFC 9460, 14.3.2.
struct ServiceKey {
  enum : std::uint8_t { mandatory, alpn, no_default_alpn, port, ipv4hint, ech, ipv6hint };
};
constexpr std::array<std::string_view, 7> kServiceKeys = {
    "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"};

std::string service_key(unsigned key) {
  return key < kServiceKeys.size() ? std::string(kServiceKeys[key]) : "key" + std::to_string(key);
}

template <class One>
std::string list_text(Data& value, One one) {
  std::string text;
  while (value.left() > 0) {
    if (!text.empty()) text += ',';
    text += one(value);
  }
  return text;
}

// A comma in one protocol's name would end it, so it is escaped twice; RFC 9460, A.1.
std::string alpn_text(Data& value) {
  return '"' +
         list_text(value,
                   [](Data& list) {
                     std::string id;
                     for (const unsigned char byte : list.counted()) {
                       if (byte == ',' || byte == '\\') id += "\\\\";
                       add_byte(id, byte, "\"\\");
                     }
                     return id;
                   }) +
         '"';
}

std::string service_value(unsigned key, Data& value) {
  switch (key) {
    case ServiceKey::mandatory:
      return list_text(value, [](Data& list) { return service_key(list.u16()); });
    case ServiceKey::alpn:
      return alpn_text(value);
    case ServiceKey::port:
      return value.number16();
    case ServiceKey::ipv4hint:
      return list_text(value, [](Data& list) { return address_text(list, sizeof(in_addr)); });
    case ServiceKey::ipv6hint:
      return list_text(value, [](Data& list) { return address_text(list, sizeof(in6_addr)); });
    case ServiceKey::ech:
      return base64(std::as_bytes(value.bytes(value.left())));
    default:
      return quoted(value.bytes(value.left()));
  }
}

std::string https_text(DnsReader& reader, Data& data) {
  std::string text = data.number16() + ' ';
  text += data.name();
  while (data.left() > 0) {
    const unsigned key = data.u16();
    const std::size_t size = data.u16();
    if (size > data.left()) {
      data.fail();
      break;
    }
    text += ' ' + service_key(key);
    if (size == 0) continue;
    Data value(reader, size);
    text += '=' + service_value(key, value);
    if (!value.ok() || value.left() > 0) data.fail();
  }
  return text;
}

std::string data_text(DnsType type, DnsReader& reader, Data& data) {
  switch (type) {
    case DnsType::a:
      return address_text(data, sizeof(in_addr));
    case DnsType::aaaa:
      return address_text(data, sizeof(in6_addr));
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
      return data.name();
    case DnsType::mx: {
      const std::string preference = data.number16();
      return preference + ' ' + data.name();
    }
    case DnsType::soa:
      return soa_text(data);
    case DnsType::srv:
      return srv_text(data);
    case DnsType::txt:
      return txt_text(data);
    case DnsType::caa:
      return caa_text(data);
    case DnsType::https:
      return https_text(reader, data);
  }
  return {};
}

}  // namespace

DnsRecords read_dns_records(std::span<const unsigned char> message, std::string_view question) {
  const DnsSection section(message, question);
  if (section.error()) return {section.error(), {}};
  DnsRecords found;
  bool good = true;
  const auto type = static_cast<DnsType>(section.type());
  good = section.each_wanted([&](const RawRecord& raw, DnsReader& reader) {
    Data data(reader, raw.data.size());
    std::string text = data_text(type, reader, data);
    good = data.ok() && data.left() == 0;
    found.records.push_back({name_text(raw.owner), type, raw.ttl, std::move(text)});
    return good && found.records.size() < DnsRecords::kMaxKept;
  }) && good;
  if (!good) return {ResolverError::server_failed, {}};
  if (found.records.empty()) found.error = ResolverError::no_address;
  return found;
}

std::string_view to_string(DnsType type) noexcept {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::ns:
      return "NS";
    case DnsType::cname:
      return "CNAME";
    case DnsType::soa:
      return "SOA";
    case DnsType::ptr:
      return "PTR";
    case DnsType::mx:
      return "MX";
    case DnsType::txt:
      return "TXT";
    case DnsType::aaaa:
      return "AAAA";
    case DnsType::srv:
      return "SRV";
    case DnsType::https:
      return "HTTPS";
    case DnsType::caa:
      return "CAA";
  }
  return "?";
}

std::optional<DnsType> dns_type_from(std::string_view text) noexcept {
  for (const DnsType type : kTypes) {
    if (is_same_name(text, to_string(type))) return type;
  }
  return {};
}

std::span<const DnsType> all_dns_types() noexcept { return kTypes; }

}  // namespace sluice
