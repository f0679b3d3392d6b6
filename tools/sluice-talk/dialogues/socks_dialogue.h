// SOCKS5: a proxy is asked to connect to a host.
//
// What it is: a Dialogue. The host goes to the proxy as it is: a name is for the proxy to look up,
// as "socks5h" says elsewhere.
// Memory: one answer of the proxy at a time. It reads kMaxRead bytes at most.
// Lifetime, thread, errors: those of dialogue.h. Source: RFC 1928; RFC 1929 for the account.
#ifndef SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_SOCKS_DIALOGUE_H
#define SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_SOCKS_DIALOGUE_H

#include <cstdint>

#include "dialogue.h"
#include "proxy_request.h"

namespace sluice::tools::talk {

class SocksDialogue final : public Dialogue {
 public:
  static constexpr std::size_t kMaxName = 255;  // bytes of a host, a user or a password
  // The method, the verdict on the account, and an answer with the longest name: 4 bytes, the
  // name's length, the name and a port.
  static constexpr std::size_t kMaxRead = 2 + 2 + 4 + 1 + kMaxName + 2;

  // REQUIRES: host, user and password have 1 to kMaxName bytes.
  explicit SocksDialogue(ProxyRequest request);

  void receive(std::string_view bytes) override;
  void on_end() override;
  [[nodiscard]] std::size_t wanted() const noexcept override { return wanted_ - input_.size(); }
  [[nodiscard]] bool is_done() const noexcept override { return phase_ == Phase::done; }
  [[nodiscard]] std::string speaker() const override { return "proxy " + request_.proxy; }

 private:
  // The answer that comes next. That to the request has a part of known length, the first byte of
  // the address, from which its length is known, and the rest.
  enum class Phase : std::uint8_t { method, account, reply, bound_size, bound, done };

  void expect(Phase phase, std::size_t wanted);
  void read_unit(std::string_view unit);
  void read_method(std::uint8_t method);
  void read_reply(std::string_view unit);
  void ask_to_connect();

  ProxyRequest request_;
  Phase phase_ = Phase::method;
  std::size_t wanted_;
  std::string input_;
};

}  // namespace sluice::tools::talk

#endif
