#include "top_json.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "../common/json_object.h"

namespace sluice::tools::control {
namespace {

// The reasons are not ours: one may have any character.
std::string rates_json(const std::vector<std::pair<std::string, double>>& rates) {
  std::vector<std::string> rows;
  rows.reserve(rates.size());
  for (const auto& [reason, rate] : rates) {
    JsonObject row;
    row.add_text("reason", reason);
    row.add_fraction("per_second", rate);
    rows.push_back(row.text());
  }
  return json_array(rows);
}

std::string service_json(const TopView::Service& service) {
  JsonObject row;
  row.add_text("name", service.name);
  row.add_text("endpoint", service.endpoint);
  row.add_number("open", service.open);
  row.add_fraction("accepted_per_second", service.accepted);
  row.add_fraction("refused_per_second", service.refused);
  row.add("refused_by", rates_json(service.refused_by));
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

template <class Items, class Write>
std::string array_of(const Items& items, Write write) {
  std::vector<std::string> rows;
  rows.reserve(items.size());
  for (const auto& item : items) rows.push_back(write(item));
  return json_array(rows);
}

}  // namespace

std::string top_json(const TopView& view) {
  JsonObject all;
  all.add_text("version", view.version);
  all.add_number("open", view.open);
  all.add_fraction("turns_per_second", view.turns);
  view.lag ? all.add_fraction("loop_lag_ms", *view.lag) : all.add_null("loop_lag_ms");
  all.add("closed_by", rates_json(view.ended));
  all.add("services", array_of(view.services, service_json));
  all.add("slowest_peers", array_of(view.peers, peer_json));
  return all.line();
}

}  // namespace sluice::tools::control
