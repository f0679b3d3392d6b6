// A command with its arguments, as the functions that run commands get it. Only for
// control_commands.cc and its parts.
//
// Errors: what is wrong is in the answer.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_REQUEST_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_REQUEST_H

#include <span>
#include <string>
#include <string_view>

#include "control_commands.h"

namespace sluice::tools::daemon {

struct ControlRequest {
  ControlTarget& target;
  ControlClient& client;
  std::span<const std::string_view> arguments;  // as many as the command takes
  ControlAnswer& answer;

  // While the command runs.
  void log(const std::string& what) const { target.log_control(client.name() + ": " + what); }
};

// connection_commands.cc
void show_connections(const ControlRequest& request);
void kick(const ControlRequest& request);

// refusal_commands.cc
void show_refusals(const ControlRequest& request);

// ban_commands.cc
void show_bans(const ControlRequest& request);
void ban(const ControlRequest& request);
void unban(const ControlRequest& request);

// The member whose listener that is; null if it is that of a control socket.
const ServiceSet::Member* service_of(const ServiceSet& services, const Listener* listener);

// The places of the table of connections that are looked at in one turn.
inline constexpr std::uint32_t kPlacesATurn = 128;

}  // namespace sluice::tools::daemon

#endif
