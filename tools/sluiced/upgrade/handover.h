// What this daemon takes over from the one in whose place it was started.
//
// What it is: the new side of an upgrade (upgrade.h). The environment names a descriptor, on which
// the old daemon sends:
//   socket KIND NAME ENDPOINT      and the socket that is bound there; one for each endpoint, and
//                                  for the control socket of a service
//   passed NAME                    and a socket that a service manager had passed
//   control ENDPOINT               and the listening control socket
//   end
// This one answers "ready" when it could serve, or "failed WHY". Then the old one sends:
//   counters KIND NAME ENDPOINT ACCEPTED REFUSED BYTES_IN BYTES_OUT
//   go                             this one serves, and the old one serves no newcomer any more
// and more counters, until its last connection has ended.
// Thread: the main one.
// Errors: std::runtime_error; then nothing has been served.
#ifndef SLUICE_TOOLS_SLUICED_UPGRADE_HANDOVER_H
#define SLUICE_TOOLS_SLUICED_UPGRADE_HANDOVER_H

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../../reactor/base/fd.h"
#include "../services/service_set.h"
#include "../settings/listen_spec.h"
#include "handover_channel.h"

namespace sluice::tools::daemon {

// The fields that name an endpoint of a service in a message.
std::vector<std::string> handover_name(std::string_view word, const ListenSpec& spec);

class Handover {
 public:
  static constexpr const char* kVariable = "SLUICED_UPGRADE";
  // Of a descriptor on which a privileged parent sends what a service manager had passed, in the
  // same messages. Then the other one has none of them.
  static constexpr const char* kPassedVariable = "SLUICED_PASSED";
  // For each step that the old daemon takes meanwhile.
  static constexpr std::chrono::seconds kPatience{10};
  static constexpr std::chrono::seconds kUnread{1};  // with its sockets, when this one fails

  Handover() = default;
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // Finds the old daemon, if the environment names one, and removes the variable.
  void read_environment(const char* variable = kVariable);
  // Receives all sockets, once. Those that a service manager had passed are added to
  // PassedSockets::of_process().
  void receive_sockets();
  // This process is not the one that takes over.
  void close() noexcept;
  // Whether there is a daemon in whose place this one was started.
  [[nodiscard]] bool is_present() const noexcept { return channel_.has_value(); }

  // The socket of the same endpoint: of the same service first, else of any, unless its port was
  // chosen by the kernel. Empty if there is none.
  [[nodiscard]] Fd take(const ListenSpec& spec);
  // The socket at an endpoint, of whatever service.
  [[nodiscard]] Fd take_at(const Endpoint& endpoint);
  [[nodiscard]] Fd take_control(const Endpoint& endpoint);

  // Reports that this daemon is ready, and waits until it is to serve. If the old one ends without
  // a word, this one serves: nobody else does.
  void ready(ServiceSet& services);
  void fail(std::string_view why) noexcept;
  // Closes the sockets that nobody has taken.
  void drop_rest() noexcept;
  // Adds what the old daemon still counts, and is to be called when fd() is readable. False when
  // the old daemon has ended.
  [[nodiscard]] bool receive_counters(ServiceSet& services) const;
  [[nodiscard]] int fd() const noexcept { return channel_->fd(); }

 private:
  struct Socket {
    std::vector<std::string> fields;  // without the first word
    Fd fd;
  };

  HandoverMessage expect_message();
  void add_counters(const HandoverMessage& message, ServiceSet& services) const;

  std::optional<HandoverChannel> channel_;
  bool received_ = false;
  std::vector<Socket> sockets_;
  Socket control_;
};

}  // namespace sluice::tools::daemon

#endif
