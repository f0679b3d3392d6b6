// A session over UDP. See session.h.
//
// What it is: a socket that is connected to the peer, receives only its datagrams, and reports a
// closed port; or, for broadcasts, groups, a given local address and --listen, a socket that is not
// connected and receives from everybody.
// A failure to send ends the session. A malformed datagram ends it if the socket is connected.
// Otherwise it is only a notice, because anybody could have sent it.
#ifndef SLUICE_TOOLS_SLUICE_TALK_DATAGRAM_SESSION_H
#define SLUICE_TOOLS_SLUICE_TALK_DATAGRAM_SESSION_H

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "session.h"
#include "wire.h"

namespace sluice::tools::talk {

struct MulticastGroup {
  Address address;
  std::string interface;  // its name; empty: the system chooses
};

struct DatagramSessionOptions {
  std::optional<Endpoint> bind;
  bool listen = false;  // the candidate is the local address
  bool broadcast = false;
  std::vector<MulticastGroup> join;
  std::chrono::milliseconds silence{0};  // either way; 0: never
};

class DatagramSession final : public Session, private DatagramHandler {
 public:
  // `name` is the endpoint in messages.
  DatagramSession(Loop& loop, Wire& wire, std::string name, std::vector<Endpoint> candidates,
                  DatagramSessionOptions options, SessionEvents& events);

  // Throws NetworkError.
  void start() override;
  std::string send(std::string_view message) override;
  void send_lines(std::string_view lines) override;
  [[nodiscard]] bool full() const override { return !unsent_.empty(); }
  void half_close() override {}
  void pause() override {}  // what is not read is lost, here or in the system
  void resume() override {}
  void close() override;

 private:
  void open(const Endpoint& candidate);
  [[nodiscard]] bool connected() const noexcept { return !to_; }
  bool pass_on(std::string_view datagram);
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override;
  void on_writable(DatagramSocket& socket) override;
  void show_frames(const std::string& from, std::span<const std::byte> datagram);
  [[nodiscard]] std::string hint_for(std::error_code error) const;
  void fail(ExitStatus status, const std::string& why);
  void touch();

  Loop& loop_;
  Wire& wire_;
  std::string name_;
  std::vector<Endpoint> candidates_;
  DatagramSessionOptions options_;
  SessionEvents& events_;
  std::optional<Address> to_;  // unless connected
  std::string encoded_;
  std::string unsent_;  // the queue had no room for it
  bool closing_ = false;
  Outcome outcome_;
  Timer closed_;
  Timer silence_;
  std::unique_ptr<DatagramSocket> socket_;
};

}  // namespace sluice::tools::talk

#endif
