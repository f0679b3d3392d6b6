// The options of a front that speaks IRC.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_OPTIONS_H
#define SLUICE_PROTOCOLS_IRC_IRC_OPTIONS_H

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice {

struct IrcOptions {
  std::string network = "sluice";  // its name, without spaces
  // The message of the day; empty: the greeting of the house.
  std::string motd = {};
  // Strict transport security (IRCv3 sts): the port on which the same is served over TLS, and for
  // how long clients go there without asking again. 0: none.
  std::uint16_t sts_port = 0;
  std::chrono::seconds sts_duration{0};
};

}  // namespace sluice

#endif
