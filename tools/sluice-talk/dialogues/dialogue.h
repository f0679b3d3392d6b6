// What two sides say before the stream belongs to TLS or to the user: STARTTLS, a SOCKS proxy.
//
// What it is: Dialogue is the client's side, without a socket. hold_dialogue() makes transports
// that have the dialogue on the wire, and then pass the bytes to an inner transport, or unchanged.
// Safety: nothing that the peer says in a dialogue reaches the handler.
// Lifetime: connections own the transports, and these their dialogues. Thread: the loop's.
// Errors: the connection ends with CloseReason::open_failed, and the dialogue's fault() says why.
#ifndef SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_DIALOGUE_H
#define SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_DIALOGUE_H

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "../../../reactor/stream/connection.h"
#include "../../../reactor/stream/transport.h"

namespace sluice::tools::talk {

class Dialogue {
 public:
  Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  virtual ~Dialogue() = default;

  // What has arrived from the peer. REQUIRES: not done, no fault, and at most wanted() bytes.
  virtual void receive(std::string_view bytes) = 0;
  // The peer has closed. Afterwards there is a fault.
  virtual void on_end() = 0;
  // So many bytes may be read now, at least one. What the peer sends behind its last answer stays
  // in the socket for the inner transport.
  [[nodiscard]] virtual std::size_t wanted() const noexcept = 0;
  // The next byte in either direction belongs to the inner transport.
  [[nodiscard]] virtual bool is_done() const noexcept = 0;
  // The other side in messages, if it is not the endpoint: "proxy socks5://127.0.0.1:1080".
  [[nodiscard]] virtual std::string speaker() const { return {}; }

  // What is to be sent next; the caller takes it away.
  std::string& output() noexcept { return output_; }
  // Empty: nothing is wrong.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 protected:
  std::string output_;
  std::string fault_;
};

// The dialogue on a new connection's wire.
using DialogueFactory = std::function<std::unique_ptr<Dialogue>(Wire wire)>;

// `inner` may be empty.
TransportFactory hold_dialogue(DialogueFactory make, TransportFactory inner);

// The dialogue of a connection that has failed or is not over; null if there is none.
const Dialogue* unfinished_dialogue(const Connection& connection);

}  // namespace sluice::tools::talk

#endif
