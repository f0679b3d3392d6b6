#include "connect_dialogue.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::talk {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::size_t kMaxShownReason = 80;  // bytes of the proxy's in a message
constexpr int kAccountWanted = 407;

struct Words {
  int status;
  std::string_view text;
};
// For a status whose reason the proxy leaves out.
constexpr std::array kWords = {
    Words{400, "Bad Request"},         Words{401, "Unauthorized"},
    Words{403, "Forbidden"},           Words{404, "Not Found"},
    Words{405, "Method Not Allowed"},  Words{kAccountWanted, "Proxy Authentication Required"},
    Words{429, "Too Many Requests"},   Words{500, "Internal Server Error"},
    Words{501, "Not Implemented"},     Words{502, "Bad Gateway"},
    Words{503, "Service Unavailable"}, Words{504, "Gateway Timeout"}};

std::string reason_of(const HttpResponseHead& head) {
  if (!head.reason.empty()) return escape(head.reason, kMaxShownReason);
  const auto* const found = std::find_if(kWords.begin(), kWords.end(), [&head](const Words& each) {
    return each.status == head.status;
  });
  return std::string(found != kWords.end() ? found->text : "without a reason");
}

}  // namespace

ConnectDialogue::ConnectDialogue(const ProxyRequest& request)
    : proxy_(request.proxy), has_account_(request.account.has_value()) {
  const bool is_ipv6 = request.host.find(':') != std::string::npos;
  const std::string host =
      (is_ipv6 ? '[' + request.host + ']' : request.host) + ':' + std::to_string(request.port);
  output_ = "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n";
  if (has_account_) {
    const std::string account = request.account->user + ':' + request.account->password;
    output_ += "Proxy-Authorization: Basic " + base64(std::as_bytes(std::span(account))) + "\r\n";
  }
  output_ += "\r\n";
}

std::size_t ConnectDialogue::wanted() const noexcept {
  // The longest beginning of the end that is there already.
  std::size_t have = kEnd.size() - 1;
  while (have > 0 && !input_.ends_with(kEnd.substr(0, have))) --have;
  return std::min(kEnd.size() - have, kMaxHead - received_);
}

void ConnectDialogue::receive(std::string_view bytes) {
  assert(!is_done() && fault_.empty() && bytes.size() <= wanted());
  input_ += bytes;
  received_ += bytes.size();
  HttpResponseHead head;
  // The head is looked at when it can be complete, and once early: a server may speak anything.
  const bool may_be_complete = input_.ends_with(kEnd) || received_ >= kMaxHead;
  if (!may_be_complete && input_.size() > 2 * kEnd.size()) return;
  const HttpResponseHeadResult result = read_http_response_head(input_, head);
  if (result.status == HttpHeadStatus::refused) {
    fault_ = result.why;
  } else if (result.status == HttpHeadStatus::complete) {
    judge(head);
    input_.clear();
  }
  if (fault_.empty() && !is_done_ && received_ >= kMaxHead) {
    fault_ = "it sent " + std::to_string(received_) + " bytes and no answer; allowed: less than " +
             std::to_string(kMaxHead);
  }
}

void ConnectDialogue::on_end() { fault_ = "it closed before it had connected"; }

void ConnectDialogue::judge(const HttpResponseHead& head) {
  if (head.status < 200) return;  // the answer follows
  if (head.status < 300) {
    is_done_ = true;
    return;
  }
  fault_ = "it answered " + std::to_string(head.status) + ' ' + reason_of(head);
  if (head.status != kAccountWanted) return;
  fault_ += has_account_ ? ": it rejected the user name or the password"
                         : "; allowed: --proxy http://USER:PASSWORD@...";
}

}  // namespace sluice::tools::talk
