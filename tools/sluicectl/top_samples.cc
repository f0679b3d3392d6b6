#include "top_samples.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "control_client.h"

namespace sluice::tools::control {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxText = 128;  // bytes of a name or an address

// What happened between two counts; nothing if the daemon was started anew meanwhile.
double rate(std::uint64_t before, std::uint64_t now, double seconds) {
  return now >= before && seconds > 0 ? static_cast<double>(now - before) / seconds : 0;
}

std::string text_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string()
             ? escape(found->get_ref<const std::string&>(), kMaxText)
             : std::string();
}

std::uint64_t number_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::vector<Json> parsed_rows(const ControlAnswer& answer) {
  std::vector<Json> rows;
  rows.reserve(answer.rows.size());
  for (const std::string& row : answer.rows) {
    rows.push_back(Json::parse(row, nullptr, /*allow_exceptions=*/false));
    if (!rows.back().is_object()) {
      throw ProtocolError("the daemon's row is no JSON object: " + quote(row));
    }
  }
  return rows;
}

std::vector<Json> rows_of(const std::string& socket_path, std::string_view command) {
  const ControlAnswer answer = ask(socket_path, command);
  if (!answer.error.empty()) throw ProtocolError(answer.error);
  return parsed_rows(answer);
}

// The value of the sample of that name, which has no labels.
double metric_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find('\n' + name + ' ');
  return at == text.npos ? 0 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

std::string version_in(const std::string& text) {
  constexpr std::string_view kLabel = "sluiced_build_info{version=\"";
  const std::size_t at = text.find(kLabel);
  if (at == text.npos) return {};
  const std::size_t begin = at + kLabel.size();
  return escape(text.substr(begin, text.find('"', begin) - begin), kMaxText);
}

std::vector<TopView::Peer> peers_in(const std::vector<Json>& rows) {
  std::vector<TopView::Peer> peers;
  peers.reserve(rows.size());
  for (const Json& row : rows) {
    peers.push_back({.id = text_of(row, "id"),
                     .service = text_of(row, "service"),
                     .address = text_of(row, "peer"),
                     .queued = number_of(row, "queued"),
                     .age = number_of(row, "age"),
                     .paused_by = text_of(row, "paused_by")});
  }
  std::stable_sort(peers.begin(), peers.end(), [](const auto& a, const auto& b) {
    return std::pair(a.queued, a.age) > std::pair(b.queued, b.age);
  });
  peers.resize(std::min(peers.size(), TopSamples::kMaxPeers));
  return peers;
}

// A daemon of an earlier version has no such command, and top no reasons then.
void add_refusals(const std::string& socket_path, TopSample& sample) {
  const ControlAnswer answer = ask(socket_path, "show refusals");
  if (!answer.error.empty()) return;
  for (const Json& row : parsed_rows(answer)) {
    const auto service = std::find_if(
        sample.services.begin(), sample.services.end(), [&row](const TopSample::Service& each) {
          return each.name == text_of(row, "name") && each.endpoint == text_of(row, "endpoint");
        });
    if (service == sample.services.end()) continue;
    service->refused_by[text_of(row, "reason")] += number_of(row, "refused");
  }
}

}  // namespace

TopView::Service TopSamples::rates_of(const TopSample::Service& now, double seconds) const {
  TopView::Service service{.name = now.name, .endpoint = now.endpoint, .open = now.open};
  if (!last_) return service;
  const auto is_same = [&now](const auto& each) {
    return each.name == now.name && each.endpoint == now.endpoint;
  };
  const auto before = std::find_if(last_->services.begin(), last_->services.end(), is_same);
  if (before == last_->services.end()) return service;
  service.accepted = rate(before->accepted, now.accepted, seconds);
  service.refused = rate(before->refused, now.refused, seconds);
  for (const auto& [reason, count] : now.refused_by) {
    const auto found = before->refused_by.find(reason);
    const std::uint64_t earlier = found == before->refused_by.end() ? 0 : found->second;
    const double per_second = rate(earlier, count, seconds);
    if (per_second > 0) service.refused_by.emplace_back(reason, per_second);
  }
  service.bytes_in = rate(before->bytes_in, now.bytes_in, seconds);
  service.bytes_out = rate(before->bytes_out, now.bytes_out, seconds);
  const auto shown = std::find_if(view_.services.begin(), view_.services.end(), is_same);
  if (shown != view_.services.end()) service.history = shown->history;
  service.history.push_back(service.bytes_in + service.bytes_out);
  if (service.history.size() > kTopHistory) service.history.erase(service.history.begin());
  return service;
}

void TopSamples::add_counters(const TopSample& now, double seconds) {
  constexpr std::string_view kClosed = "closed_";
  view_.ended.clear();
  for (const auto& [name, value] : now.counters) {
    if (name == "connections_open") view_.open = value;
    if (!last_) continue;
    const auto before = last_->counters.find(name);
    if (before == last_->counters.end()) continue;
    const double per_second = rate(before->second, value, seconds);
    if (name == "turns") view_.turns = per_second;
    if (name.starts_with(kClosed) && per_second > 0) {
      view_.ended.emplace_back(name.substr(kClosed.size()), per_second);
    }
  }
}

void TopSamples::add(TopSample sample) {
  const double seconds = last_ ? sample.time - last_->time : 0;
  std::vector<TopView::Service> services;
  services.reserve(sample.services.size());
  for (const TopSample::Service& each : sample.services) {
    services.push_back(rates_of(each, seconds));
  }
  view_.services = std::move(services);
  view_.version = sample.version;
  add_counters(sample, seconds);
  const double count = last_ ? sample.lag_count - last_->lag_count : 0;
  if (count > 0) view_.lag = 1000 * (sample.lag_sum - last_->lag_sum) / count;
  if (sample.peers) view_.peers = std::move(*sample.peers);
  last_ = std::move(sample);
}

TopSample read_sample(const std::string& socket_path, bool with_peers) {
  TopSample sample;
  for (const Json& row : rows_of(socket_path, "show services")) {
    sample.services.push_back({.name = text_of(row, "name"),
                               .endpoint = text_of(row, "endpoint"),
                               .open = number_of(row, "open"),
                               .accepted = number_of(row, "accepted"),
                               .refused = number_of(row, "refused"),
                               .bytes_in = number_of(row, "bytes_in"),
                               .bytes_out = number_of(row, "bytes_out")});
  }
  add_refusals(socket_path, sample);
  for (const Json& row : rows_of(socket_path, "show counters")) {
    for (const auto& [name, value] : row.items()) {
      sample.counters[name] = number_of(row, name.c_str());
    }
  }
  const std::string metrics = '\n' + ask(socket_path, "metrics").text;
  sample.lag_sum = metric_of(metrics, "sluiced_loop_lag_seconds_sum");
  sample.lag_count = metric_of(metrics, "sluiced_loop_lag_seconds_count");
  sample.version = version_in(metrics);
  if (with_peers) sample.peers = peers_in(rows_of(socket_path, "show connections"));
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  sample.time = std::chrono::duration<double>(now).count();
  return sample;
}

}  // namespace sluice::tools::control
