// A row of the table of commands. Only for the sources of IrcClient.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_COMMAND_H
#define SLUICE_PROTOCOLS_IRC_IRC_COMMAND_H

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "irc_client.h"

namespace sluice {

struct IrcClient::Command {
  enum Use : std::uint8_t {
    kQuery,         // answers the client alone
    kCostly,        // the same, with so much work that it counts against the rate
    kNoticed,       // other members may notice it: it counts against the rate
    kEarly,         // also before the client has registered
    kEarlyNoticed,  // both
  };

  std::string_view name;
  Run run;
  std::size_t params;  // at least so many
  Use use;

  [[nodiscard]] constexpr bool is_early() const noexcept { return use >= kEarly; }
  [[nodiscard]] constexpr bool is_noticed() const noexcept {
    return use == kNoticed || use == kEarlyNoticed;
  }
  [[nodiscard]] constexpr bool is_counted() const noexcept {
    return is_noticed() || use == kCostly;
  }
};

}  // namespace sluice

#endif
