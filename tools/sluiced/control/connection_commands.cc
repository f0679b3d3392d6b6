// The commands about connections.
#include <charconv>
#include <cstdint>
#include <optional>

#include "../../../reactor/base/text/quote.h"
#include "../endpoints/peer_text.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/tls_endpoint.h"
#include "control_request.h"

namespace sluice::tools::daemon {
namespace {

// Its place in the loop's table, and how often the place had been used.
std::string text_of(ConnectionId id) {
  return std::to_string(id.slot) + '.' + std::to_string(id.generation);
}

std::optional<ConnectionId> id_in(std::string_view text) noexcept {
  ConnectionId id;
  const char* const end = text.data() + text.size();
  const auto slot = std::from_chars(text.data(), end, id.slot);
  if (slot.ec != std::errc() || slot.ptr == end || *slot.ptr != '.') return std::nullopt;
  const auto generation = std::from_chars(slot.ptr + 1, end, id.generation);
  if (generation.ec != std::errc() || generation.ptr != end) return std::nullopt;
  return id;
}

std::string_view name_of(Connection::State state) noexcept {
  switch (state) {
    case Connection::State::opening:
      return "opening";
    case Connection::State::open:
      return "open";
    case Connection::State::flushing:
      return "flushing";
    case Connection::State::lingering:
      return "lingering";
    case Connection::State::closed:
      break;
  }
  return "closed";
}

// Why the peer is not read: "peer" does not read its output, or the "service" lets it wait.
void add_paused(JsonObject& row, const Connection& connection) {
  row.add_truth("paused", connection.paused());
  if (!connection.paused()) return row.add_null("paused_by");
  const bool has_output = connection.queued() > connection.options().low_water();
  row.add_text("paused_by", has_output ? "peer" : "service");
}

void add_connection(const ServiceSet& services, const Connection& connection,
                    ControlAnswer& answer) {
  const ServiceSet::Member* const member = service_of(services, connection);
  if (member == nullptr) return;
  JsonObject row;
  row.add_text("id", text_of(connection.id()));
  row.add_text("service", service_name(member->spec));
  row.add_text("peer", peer_text(connection));
  row.add_number("age", std::int64_t{connection.age().count()});
  if (const auto idle = connection.idle()) {
    row.add_number("idle", std::int64_t{std::chrono::floor<std::chrono::seconds>(*idle).count()});
  } else {
    row.add_null("idle");
  }
  row.add_number("bytes_in", connection.bytes_in());
  row.add_number("bytes_out", connection.bytes_out());
  row.add_number("queued", std::uint64_t{connection.queued()});
  row.add_text("state", name_of(connection.state()));
  const std::string_view version = TlsEndpoint::version_of(connection);
  version.empty() ? row.add_null("tls") : row.add_text("tls", version);
  add_paused(row, connection);
  answer.add_row(row);
}

}  // namespace

const ServiceSet::Member* service_of(const ServiceSet& services, const Connection& connection) {
  for (const ServiceSet::Member& member : services.members()) {
    if (connection.listener() != nullptr && member.service->listener() == connection.listener()) {
      return &member;
    }
  }
  return nullptr;
}

void show_connections(const ControlRequest& request) {
  request.answer.continue_with(
      [&target = request.target, place = std::uint32_t{0}](ControlAnswer& answer) mutable {
        place = Connection::visit(target.loop(), place, kPlacesATurn, [&](Connection& connection) {
          add_connection(target.service_set(), connection, answer);
        });
        return place != 0;
      });
}

void kick(const ControlRequest& request) {
  const std::string_view word = request.arguments.front();
  const auto id = id_in(word);
  if (!id) {
    return request.answer.fail("id " + quote(word) +
                               " is not two numbers with a dot, such as 3.17");
  }
  Connection* const found = Connection::find(request.target.loop(), *id);
  if (found == nullptr || service_of(request.target.service_set(), *found) == nullptr) {
    return request.answer.fail("no connection has the id " + std::string(word));
  }
  request.log("kick " + std::string(word) + ", " + peer_text(*found));
  found->abort();
}

}  // namespace sluice::tools::daemon
