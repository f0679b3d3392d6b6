#include "monitor.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>

#include "../../common/timestamp.h"
#include "../endpoints/socket_keys.h"

namespace sluice::tools::daemon {
namespace {

void add_service(JsonObject& row, const ListenSpec& spec, const Endpoint& endpoint) {
  row.add_text("service", service_name(spec));
  row.add_text("endpoint", spec.written(endpoint));
}

}  // namespace

template <class AddMembers>
void Monitor::publish(std::string_view event, AddMembers add) noexcept {
  if (watchers_.empty()) return;
  try {
    JsonObject row;
    row.add_text("time", timestamp(std::chrono::system_clock::now()));
    row.add_text("event", event);
    add(row);
    const std::string line = row.line();
    for (MonitorWatcher* const watcher : watchers_) watcher->on_event(line);
  } catch (const std::exception&) {
    for (MonitorWatcher* const watcher : watchers_) watcher->on_missed_event();
  }
}

void Monitor::opened(const ListenSpec& spec, const Endpoint& endpoint,
                     const Address& peer) noexcept {
  publish("opened", [&](JsonObject& row) {
    add_service(row, spec, endpoint);
    row.add_text("peer", peer.to_string());
  });
}

void Monitor::closed(const ListenSpec& spec, const Endpoint& endpoint,
                     const ConnectionEnd& connection) noexcept {
  publish("closed", [&](JsonObject& row) {
    add_service(row, spec, endpoint);
    row.add_text("peer", connection.peer_name);
    row.add_number("bytes_in", connection.bytes_in);
    row.add_number("bytes_out", connection.bytes_out);
    row.add_number("seconds", std::int64_t{connection.age.count()});
    row.add_text("reason", to_string(connection.reason));
  });
}

void Monitor::refused(const Report& report) noexcept {
  publish("refused", [&](JsonObject& row) {
    row.add_text("endpoint", report.where);
    row.add_number("count", report.count);
    row.add_text("reason", report.what);
  });
}

void Monitor::logged(LogLevel level, std::string_view text) noexcept {
  publish("log", [&](JsonObject& row) {
    row.add_text("level", name_of(level));
    row.add_text("text", text);
  });
}

}  // namespace sluice::tools::daemon
