// The options of a front that speaks IRC.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_OPTIONS_H
#define SLUICE_PROTOCOLS_IRC_IRC_OPTIONS_H

#include <string>

namespace sluice {

struct IrcOptions {
  std::string network = "sluice";  // its name, without spaces
  // The message of the day; empty: the greeting of the house.
  std::string motd = {};
};

}  // namespace sluice

#endif
