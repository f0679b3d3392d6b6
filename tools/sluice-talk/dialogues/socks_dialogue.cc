#include "socks_dialogue.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cassert>
#include <utility>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::talk {
namespace {

constexpr char kVersion = 5;
constexpr char kAccountVersion = 1;
constexpr std::uint8_t kNoAccount = 0;
constexpr std::uint8_t kWithAccount = 2;
constexpr std::uint8_t kNoMethod = 0xff;
constexpr char kConnect = 1;
constexpr char kIpv4 = 1;
constexpr char kName = 3;
constexpr char kIpv6 = 4;
constexpr std::size_t kPortSize = 2;

// RFC 1928, section 6, from 1 on.
constexpr std::array<std::string_view, 8> kReplies = {
    "the proxy failed",    "the rules of the proxy do not allow it",
    "network unreachable", "host unreachable",
    "connection refused",  "the time to live expired",
    "it has no CONNECT",   "it does not support this type of address"};

std::uint8_t byte_at(std::string_view unit, std::size_t at) {
  return static_cast<std::uint8_t>(unit[at]);
}

// "0x48 ('H')"
std::string shown_byte(std::uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = std::string("0x") + kDigits[byte >> 4U] + kDigits[byte & 15U];
  if (byte > ' ' && byte < 0x7f) text += std::string(" ('") + static_cast<char>(byte) + "')";
  return text;
}

// With its length before it.
void append_counted(std::string& to, std::string_view text) {
  assert(!text.empty() && text.size() <= SocksDialogue::kMaxName);
  to += static_cast<char>(text.size());
  to += text;
}

}  // namespace

SocksDialogue::SocksDialogue(ProxyRequest request) : request_(std::move(request)), wanted_(2) {
  output_ = {kVersion, 1, static_cast<char>(kNoAccount)};
  if (!request_.account) return;
  output_[1] = 2;
  output_ += static_cast<char>(kWithAccount);
}

void SocksDialogue::receive(std::string_view bytes) {
  assert(!is_done() && fault_.empty() && bytes.size() <= wanted());
  input_ += bytes;
  // The first byte alone shows a server that speaks something else, and may wait for us.
  const std::uint8_t version = byte_at(input_, 0);
  const bool has_version = phase_ == Phase::method || phase_ == Phase::reply;
  if (has_version && version != static_cast<std::uint8_t>(kVersion)) {
    fault_ = "it does not speak SOCKS5: its answer begins with " + shown_byte(version) +
             " instead of 0x05";
    return;
  }
  if (wanted() > 0) return;
  read_unit(std::exchange(input_, {}));
}

void SocksDialogue::on_end() {
  fault_ = phase_ == Phase::account ? "it closed instead of judging the user name and the password"
                                    : "it closed before it had connected";
}

void SocksDialogue::expect(Phase phase, std::size_t wanted) {
  phase_ = phase;
  wanted_ = wanted;
}

void SocksDialogue::read_unit(std::string_view unit) {
  switch (phase_) {
    case Phase::method:
      return read_method(byte_at(unit, 1));
    case Phase::account:
      if (unit[1] == 0) return ask_to_connect();
      fault_ = "it rejected the user name or the password";
      return;
    case Phase::reply:
      return read_reply(unit);
    case Phase::bound_size:
      return expect(Phase::bound, byte_at(unit, 0) + kPortSize);
    case Phase::bound:
      // The address from which the proxy has connected: nobody asked for it.
      phase_ = Phase::done;
      return;
    case Phase::done:
      return;
  }
}

void SocksDialogue::read_method(std::uint8_t method) {
  if (method == kNoAccount) return ask_to_connect();
  if (method == kWithAccount && request_.account) {
    output_ += kAccountVersion;
    append_counted(output_, request_.account->user);
    append_counted(output_, request_.account->password);
    return expect(Phase::account, 2);
  }
  if (method != kNoMethod) {
    fault_ = "it chose the authentication method " + shown_byte(method) + ", which was not offered";
  } else if (request_.account) {
    fault_ = "it accepts neither a user name with a password nor a client without";
  } else {
    fault_ = "it wants a user name and a password; allowed: --proxy socks5://USER:PASSWORD@...";
  }
}

void SocksDialogue::ask_to_connect() {
  output_ += {kVersion, kConnect, 0};
  std::array<char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, request_.host.c_str(), address.data()) == 1) {
    output_ += kIpv4;
    output_.append(address.data(), sizeof(in_addr));
  } else if (::inet_pton(AF_INET6, request_.host.c_str(), address.data()) == 1) {
    output_ += kIpv6;
    output_.append(address.data(), sizeof(in6_addr));
  } else {
    output_ += kName;
    append_counted(output_, request_.host);
  }
  output_ += static_cast<char>(request_.port >> 8U);
  output_ += static_cast<char>(request_.port & 0xffU);
  // A proxy that fails may close after these four bytes.
  expect(Phase::reply, 4);
}

void SocksDialogue::read_reply(std::string_view unit) {
  const std::size_t reply = byte_at(unit, 1);
  if (reply != 0) {
    fault_ = "it could not connect: ";
    if (reply <= kReplies.size()) {
      fault_ += kReplies.at(reply - 1);
    } else {
      fault_ += "reply " + shown_byte(static_cast<std::uint8_t>(reply)) + ", which has no meaning";
    }
    return;
  }
  switch (unit[3]) {
    case kIpv4:
      return expect(Phase::bound, sizeof(in_addr) + kPortSize);
    case kIpv6:
      return expect(Phase::bound, sizeof(in6_addr) + kPortSize);
    case kName:
      return expect(Phase::bound_size, 1);
    default:
      fault_ = "its answer has an address of the unknown type " + shown_byte(byte_at(unit, 3));
  }
}

}  // namespace sluice::tools::talk
