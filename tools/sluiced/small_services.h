// The services that keep nothing of a connection: one object, or one function, serves them all.
#ifndef SLUICE_TOOLS_SLUICED_SMALL_SERVICES_H
#define SLUICE_TOOLS_SLUICED_SMALL_SERVICES_H

#include <memory>
#include <string>

#include "service.h"

namespace sluice::tools::daemon {

extern const Service kEchoService;
extern const Service kDiscardService;
extern const Service kChargenService;
extern const Service kDaytimeService;
extern const Service kTimeService;
extern const Service kUpperService;
extern const Service kGreetService;

struct GreetSettings final : ServiceSettings {
  std::string text;
  bool given = false;
};

}  // namespace sluice::tools::daemon

#endif
