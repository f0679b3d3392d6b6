// HTTP CONNECT: a proxy is asked for a tunnel to a host.
//
// What it is: a Dialogue. The proxy looks up the host if it is a name. Any 2xx is a tunnel;
// interim answers (1xx) are skipped; everything else is a refusal, whose body is not read.
// Memory: at most kMaxHead bytes of the proxy, all its answers together.
// Lifetime, thread, errors: those of dialogue.h. Source: RFC 9110, section 9.3.6; RFC 9112; RFC
// 7617 for the account.
#ifndef SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_CONNECT_DIALOGUE_H
#define SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_CONNECT_DIALOGUE_H

#include "../../../protocols/http/http_response_head.h"
#include "dialogue.h"
#include "proxy_request.h"

namespace sluice::tools::talk {

class ConnectDialogue final : public Dialogue {
 public:
  static constexpr std::size_t kMaxHead = HttpResponseHead::kMaxHead;

  // REQUIRES: the account's user has no colon, and neither part has a control character.
  explicit ConnectDialogue(const ProxyRequest& request);

  void receive(std::string_view bytes) override;
  void on_end() override;
  // Never more than what is missing from the end of the head.
  [[nodiscard]] std::size_t wanted() const noexcept override;
  [[nodiscard]] bool is_done() const noexcept override { return is_done_; }
  [[nodiscard]] std::string speaker() const override { return "proxy " + proxy_; }

 private:
  void judge(const HttpResponseHead& head);

  std::string proxy_;
  bool has_account_;
  bool is_done_ = false;
  std::size_t received_ = 0;  // of all answers
  std::string input_;
};

}  // namespace sluice::tools::talk

#endif
