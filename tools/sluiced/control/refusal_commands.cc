// The command about newcomers that were refused.
#include <array>
#include <cstddef>
#include <string_view>

#include "../endpoints/socket_keys.h"
#include "control_request.h"

namespace sluice::tools::daemon {
namespace {

// The keys of sluiced(8) that refuse, where there is one: by Refusal.
constexpr std::array<std::string_view, kRefusals> kReasons = {
    "max-connections",         "share",  "max-memory",  "max",  "per-source", "connect-rate",
    "connect-rate-per-source", "access", "descriptors", "error"};

}  // namespace

void show_refusals(const ControlRequest& request) {
  for (const ServiceSet::Member& member : request.target.service_set().members()) {
    const Listener* const listener = member.service->listener();
    if (listener == nullptr) continue;
    const ListenerCounters& counters = listener->counters();
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
      if (counters.refused_by.at(i) == 0) continue;
      JsonObject row;
      row.add_text("name", service_name(member.spec));
      row.add_text("endpoint", member.spec.written(member.service->endpoint()));
      row.add_text("reason", kReasons.at(i));
      row.add_number("refused", counters.refused_by.at(i));
      request.answer.add_row(row);
    }
  }
}

}  // namespace sluice::tools::daemon
