#include "international_name.h"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/base/text/quote.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

constexpr std::string_view kPrefix = "xn--";
// Those that UTS #46 leaves to the STD3 rules: a sign of ASCII with a stroke.
constexpr std::array<std::string_view, 3> kStruckSigns = {"\u2260", "\u226e", "\u226f"};

struct FreeName {
  void operator()(char* text) const noexcept { idn2_free(text); }
};
using OwnedName = std::unique_ptr<char, FreeName>;

bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

bool may_be_in_name(char c) noexcept {
  const char lower = to_lower(c);
  return !is_ascii(c) || (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

[[noreturn]] void refuse_name(std::string_view text, const std::string& why) {
  throw UsageError("name " + quote(text) + ": " + why);
}

// idn2_strerror() speaks of its own insides for some of these.
std::string reason_of_idn(int error) {
  switch (error) {
    case IDN2_ENCODING_ERROR:
      return "is not valid UTF-8";
    case IDN2_TOO_BIG_DOMAIN:
      return "is longer than 253 bytes in its ASCII form";
    case IDN2_TOO_BIG_LABEL:
    case IDN2_PUNYCODE_BIG_OUTPUT:
      return "has a label that is longer than 63 bytes in its ASCII form";
    case IDN2_PUNYCODE_BAD_INPUT:
    case IDN2_PUNYCODE_OVERFLOW:
    case IDN2_INVALID_ALABEL:
    case IDN2_ALABEL_ROUNDTRIP_FAILED:
      return "has a label that begins with xn-- and does not stand for a name";
    case IDN2_2HYPHEN:
      return "has a label with -- as its third and fourth character";
    case IDN2_HYPHEN_STARTEND:
      return "has a label that begins or ends with -";
    case IDN2_LEADING_COMBINING:
      return "has a label that begins with a combining mark";
    case IDN2_DISALLOWED:
    case IDN2_INVALID_NONTRANSITIONAL:
      return "has a character that no name has; allowed: letters, digits and - (RFC 5892)";
    case IDN2_CONTEXTJ:
    case IDN2_CONTEXTJ_NO_RULE:
    case IDN2_CONTEXTO:
    case IDN2_CONTEXTO_NO_RULE:
      return "has a joiner or a mark where its letters do not allow one (RFC 5892)";
    case IDN2_UNASSIGNED:
      return "has a character that Unicode has not assigned";
    case IDN2_BIDI:
      return "has a label that mixes letters of both directions (RFC 5893)";
    default:
      return std::string("is not valid: ") + idn2_strerror(error);
  }
}

}  // namespace

std::string ascii_name(std::string_view text) {
  if (!is_international(text)) return std::string(text);
  if (text.size() > kMaxInternationalName) {
    refuse_name(text, "has " + std::to_string(text.size()) + " bytes; allowed: at most " +
                          std::to_string(kMaxInternationalName));
  }
  // The library accepts these, and puts some of them into a label; 0 would end the name.
  const auto* const wrong = std::find_if_not(text.begin(), text.end(), may_be_in_name);
  if (wrong != text.end()) {
    refuse_name(text, "has the character " + quote({wrong, 1}) +
                          "; allowed: letters, digits, \"-\", \"_\" and dots");
  }
  const std::string copy(text);
  for (const std::string_view sign : kStruckSigns) {
    if (copy.find(sign) != copy.npos) refuse_name(text, reason_of_idn(IDN2_DISALLOWED));
  }
  char* converted = nullptr;
  // Not with IDN2_USE_STD3_ASCII_RULES: version 2.3 leaves out what it should reject, so that
  // "a≠b" would be "ab". That flag also forbids "_", which names of services begin with.
  const int error = idn2_to_ascii_8z(copy.c_str(), &converted, IDN2_NONTRANSITIONAL);
  const OwnedName owner(converted);
  if (error == IDN2_MALLOC) throw std::bad_alloc();
  if (error != IDN2_OK) refuse_name(text, reason_of_idn(error));
  std::string name(owner.get());
  // An empty label is left, and characters such as U+2100 stand for several of ASCII.
  if (!is_host_name(name)) {
    refuse_name(text, "is " + quote(name) + " in its ASCII form, which is no name of a host");
  }
  return name;
}

std::string unicode_name(const std::string& name) {
  bool may_have = false;
  for (std::size_t at = 0; at < name.size() && !may_have;) {
    may_have = is_same_name(std::string_view(name).substr(at, kPrefix.size()), kPrefix);
    const std::size_t dot = name.find('.', at);
    at = dot == name.npos ? name.size() : dot + 1;
  }
  if (!may_have || name.size() > kMaxInternationalName || !is_host_name(name)) return {};
  // The library knows the prefix in small letters alone.
  const std::string lower = in_lower_case(name);
  char* converted = nullptr;
  const int error = idn2_to_unicode_8z8z(lower.c_str(), &converted, IDN2_NONTRANSITIONAL);
  const OwnedName owner(converted);
  if (error == IDN2_MALLOC) throw std::bad_alloc();
  if (error != IDN2_OK) return {};
  std::string text(owner.get());
  try {
    // What is not valid in Unicode, or means another name, is shown to nobody.
    return is_international(text) && is_same_name(ascii_name(text), name) ? text : std::string();
  } catch (const UsageError&) {
    return {};
  }
}

}  // namespace sluice::tools
