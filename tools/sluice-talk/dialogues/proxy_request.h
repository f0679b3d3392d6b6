// What a proxy is asked for, whatever it speaks. Plain data.
#ifndef SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_PROXY_REQUEST_H
#define SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_PROXY_REQUEST_H

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::tools::talk {

struct ProxyAccount {
  std::string user;
  std::string password;
};

struct ProxyRequest {
  std::string proxy;  // in messages, without the account: "socks5://127.0.0.1:1080"
  std::optional<ProxyAccount> account;
  std::string host;  // a name, or a numeric address without brackets
  std::uint16_t port = 0;
};

}  // namespace sluice::tools::talk

#endif
