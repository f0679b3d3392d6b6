#include "codec_registry.h"

#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "delimiter_codec.h"
#include "fixed_codec.h"
#include "length_codec.h"
#include "line_codec.h"
#include "netstring_codec.h"
#include "slip_codec.h"
#include "varint_codec.h"

namespace sluice {
namespace {

// The text after the colon; no value if there is no colon.
using Parameter = std::optional<std::string_view>;
using Make = ParsedCodec (*)(Parameter parameter);

struct Entry {
  CodecFamily family;
  Make make;
};

template <typename... Parts>
CodecNameError error(const Parts&... parts) {
  CodecNameError result;
  (result.message.append(parts), ...);
  return result;
}

ParsedCodec make_numbered(Parameter parameter, std::string_view family, std::size_t max,
                          std::unique_ptr<const Codec> (*make)(std::size_t)) {
  const std::string range = "1-" + std::to_string(max);
  const std::string name(family);
  if (!parameter) {
    return error("framing ", name, " has no N; write ", name, ":N, where N is ", range);
  }
  std::size_t number = 0;
  const char* const end = parameter->data() + parameter->size();
  const auto [rest, status] = std::from_chars(parameter->data(), end, number);
  // With leading zeros, one framing would have several names.
  if (status != std::errc() || rest != end || number < 1 || number > max ||
      parameter->front() == '0') {
    return error("N of framing ", name, ":N is ", quote(*parameter), "; allowed: ", range);
  }
  return make(number);
}

ParsedCodec make_decimal(Parameter parameter) {
  return make_numbered(parameter ? parameter : "3", "decimal", DecimalCodec::kMaxDigits,
                       [](std::size_t digits) -> std::unique_ptr<const Codec> {
                         return std::make_unique<DecimalCodec>(static_cast<unsigned>(digits));
                       });
}

ParsedCodec make_fixed(Parameter parameter) {
  return make_numbered(parameter, "fixed", FixedCodec::kMaxSize,
                       [](std::size_t size) -> std::unique_ptr<const Codec> {
                         return std::make_unique<FixedCodec>(size);
                       });
}

ParsedCodec make_delimiter(Parameter parameter) {
  constexpr std::string_view kForm = "write delimiter:HEX, where HEX is 1-16 bytes in hexadecimal";
  static_assert(DelimiterCodec::kMaxDelimiter == 16);
  if (!parameter) return error("framing delimiter has no HEX; ", kForm);
  const CodecNameError wrong =
      error("HEX of framing delimiter:HEX is ", quote(*parameter), "; ", kForm);
  const std::size_t size = parameter->size() / 2;
  if (parameter->size() % 2 != 0 || size < 1 || size > DelimiterCodec::kMaxDelimiter) return wrong;
  std::array<std::byte, DelimiterCodec::kMaxDelimiter> bytes{};
  for (std::size_t i = 0; i < size; ++i) {
    const char* const digits = parameter->data() + 2 * i;
    unsigned value = 0;
    if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) return wrong;
    bytes[i] = static_cast<std::byte>(value);
  }
  return std::make_unique<DelimiterCodec>(std::span<const std::byte>(bytes).first(size));
}

template <unsigned Width, std::endian Order>
ParsedCodec make_binary(Parameter /*none*/) {
  return std::make_unique<BinaryCodec>(Width, Order);
}

template <class Plain>
ParsedCodec make_plain(Parameter /*none*/) {
  return std::make_unique<Plain>();
}

constexpr auto kBig = std::endian::big;
constexpr auto kLittle = std::endian::little;

constexpr std::array kEntries = {
    Entry{{"decimal:N", "decimal:3", "N decimal digits, then that many bytes"}, make_decimal},
    Entry{{"u8", "u8", "an 8-bit length"}, make_binary<1, kBig>},
    Entry{{"u16be", "u16be", "a 16-bit length, big-endian"}, make_binary<2, kBig>},
    Entry{{"u16le", "u16le", "a 16-bit length, little-endian"}, make_binary<2, kLittle>},
    Entry{{"u32be", "u32be", "a 32-bit length, big-endian"}, make_binary<4, kBig>},
    Entry{{"u32le", "u32le", "a 32-bit length, little-endian"}, make_binary<4, kLittle>},
    Entry{{"u64be", "u64be", "a 64-bit length, big-endian"}, make_binary<8, kBig>},
    Entry{{"varint", "varint", "a varint length, as in Protocol Buffers"}, make_plain<VarintCodec>},
    Entry{{"netstring", "netstring", "a netstring"}, make_plain<NetstringCodec>},
    Entry{{"line", "line", "a line that ends in LF or CR LF"}, make_plain<LineCodec>},
    Entry{{"fixed:N", "fixed:16", "N bytes"}, make_fixed},
    Entry{{"delimiter:HEX", "delimiter:0d0a", "bytes up to a delimiter"}, make_delimiter},
    Entry{{"slip", "slip", "SLIP, RFC 1055"}, make_plain<SlipCodec>},
};

constexpr auto kFamilies = [] {
  std::array<CodecFamily, kEntries.size()> families{};
  for (std::size_t i = 0; i < kEntries.size(); ++i) families[i] = kEntries[i].family;
  return families;
}();

std::string allowed() {
  std::string all = "allowed: ";
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    if (i > 0) all += i + 1 == kFamilies.size() ? " and " : ", ";
    all += kFamilies[i].form;
  }
  return all;
}

}  // namespace

std::span<const CodecFamily> codec_families() noexcept { return kFamilies; }

ParsedCodec parse_codec(std::string_view name) {
  const std::size_t colon = name.find(':');
  const std::string_view base = name.substr(0, colon);
  Parameter parameter;
  if (colon != std::string_view::npos) parameter = name.substr(colon + 1);
  for (const Entry& entry : kEntries) {
    const std::string_view form = entry.family.form;
    if (form.substr(0, form.find(':')) != base) continue;
    if (parameter && form == base) {
      return error("framing ", base, " has the parameter ", quote(*parameter), "; it allows none");
    }
    return entry.make(parameter);
  }
  if (name.empty()) return error("framing is empty; ", allowed());
  return error("unknown framing ", quote(name), "; ", allowed());
}

std::unique_ptr<const Codec> make_codec(std::string_view name) {
  ParsedCodec parsed = parse_codec(name);
  if (const auto* wrong = std::get_if<CodecNameError>(&parsed)) {
    throw std::invalid_argument(wrong->message);
  }
  return std::get<std::unique_ptr<const Codec>>(std::move(parsed));
}

}  // namespace sluice
