#include "top_json.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "../common/json_object.h"

namespace sluice::tools::control {
namespace {

template <class Items, class Write>
std::string array_of(const Items& items, Write write) {
  std::vector<std::string> rows;
  rows.reserve(items.size());
  for (const auto& item : items) rows.push_back(write(item));
  return json_array(rows);
}

// The daemon names the reasons: one may have any character.
std::string rate_json(const std::pair<std::string, double>& rate) {
  JsonObject row;
  row.add_text("reason", rate.first);
  row.add_fraction("per_second", rate.second);
  return row.text();
}

std::string service_json(const TopView::Service& service) {
  JsonObject row;
  row.add_text("name", service.name);
  row.add_text("endpoint", service.endpoint);
  row.add_number("open", service.open);
  row.add_fraction("accepted_per_second", service.accepted);
  row.add_fraction("refused_per_second", service.refused);
  row.add("refused_by", array_of(service.refused_by, rate_json));
  row.add_fraction("bytes_in_per_second", service.bytes_in);
  row.add_fraction("bytes_out_per_second", service.bytes_out);
  return row.text();
}

std::string peer_json(const TopView::Peer& peer) {
  JsonObject row;
  row.add_text("id", peer.id);
  row.add_text("service", peer.service);
  row.add_text("peer", peer.address);
  row.add_number("queued", peer.queued);
  row.add_number("age", peer.age);
  peer.paused_by.empty() ? row.add_null("paused_by") : row.add_text("paused_by", peer.paused_by);
  return row.text();
}

}  // namespace

std::string top_json(const TopView& view) {
  JsonObject all;
  all.add_text("version", view.version);
  all.add_number("open", view.open);
  all.add_fraction("turns_per_second", view.turns);
  view.lag ? all.add_fraction("loop_lag_ms", *view.lag) : all.add_null("loop_lag_ms");
  all.add("closed_by", array_of(view.ended, rate_json));
  all.add("services", array_of(view.services, service_json));
  all.add("slowest_peers", array_of(view.peers, peer_json));
  return all.line();
}

}  // namespace sluice::tools::control
