#include "bus_maker.h"

#include <memory>
#include <string>
#include <utility>

#include "../../protocols/bus/redis_bus.h"
#include "endpoints/tls_endpoint.h"

namespace sluice::tools::daemon {

BusMaker make_bus_maker(const BusSettings& settings, Log& log) {
  if (settings.url.empty()) return {};
  const BusUrl url = parse_bus_url(settings.url);
  RedisServer server{.address = url.address,
                     .user = url.user,
                     .secret = settings.secret,
                     .database = url.database};
  if (url.has_tls) server.transport = client_transport(url.host, settings.ca);
  return [&log, server = std::move(server), where = settings.url](Loop& loop, const BusPlan& plan) {
    RedisBusOptions options{.server = server,
                            .name = plan.name,
                            .where = where,
                            .history = plan.history,
                            .max_entries = plan.max_entries};
    options.log = [&log, house = plan.name](bool is_fault, const std::string& line) {
      const std::string text = "bus: house " + house + ": " + line;
      is_fault ? log.warning(text) : log.info(text);
    };
    return std::make_unique<RedisBus>(loop, std::move(options));
  };
}

}  // namespace sluice::tools::daemon
