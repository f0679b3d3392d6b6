// The commands about connections.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../../reactor/base/text/quote.h"
#include "../endpoints/peer_text.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/tls_endpoint.h"
#include "control_request.h"
#include "loop_visits.h"

namespace sluice::tools::daemon {
namespace {

// Its loop, and in that loop its place in the table, and how often the place had been used.
struct PlaceOfConnection {
  ConnectionId id;
  std::size_t loop = 0;  // in the text only if it is another one than the first
};

std::string text_of(const PlaceOfConnection& place) {
  std::string text = std::to_string(place.id.slot) + '.' + std::to_string(place.id.generation);
  return place.loop == 0 ? text : text + '.' + std::to_string(place.loop);
}

// Numbers with dots between them: as many as there are, or nothing.
template <class... Numbers>
bool read_numbers(std::string_view text, Numbers&... numbers) noexcept {
  const char* place = text.data();
  const char* const end = place + text.size();
  std::size_t left = sizeof...(numbers);
  const auto read = [&](auto& number) {
    const auto [rest, error] = std::from_chars(place, end, number);
    const bool is_last = --left == 0;
    if (error != std::errc() || (is_last ? rest != end : rest == end || *rest != '.')) return false;
    place = rest + 1;
    return true;
  };
  return (read(numbers) && ...);
}

std::optional<PlaceOfConnection> place_in(std::string_view text) noexcept {
  PlaceOfConnection place;
  if (read_numbers(text, place.id.slot, place.id.generation)) return place;
  const bool is_read = read_numbers(text, place.id.slot, place.id.generation, place.loop);
  return is_read && place.loop > 0 ? std::optional(place) : std::nullopt;
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

// What a row says, taken in the thread of the connection's loop.
struct ConnectionState {
  ConnectionState(const Connection& connection, std::size_t loop)
      : listener(connection.listener()),
        id(text_of({connection.id(), loop})),
        peer(peer_text(connection)),
        age(connection.age().count()),
        idle(connection.idle()),
        bytes_in(connection.bytes_in()),
        bytes_out(connection.bytes_out()),
        queued(connection.queued()),
        state(name_of(connection.state())),
        tls(TlsEndpoint::version_of(connection)),
        is_paused(connection.paused()),
        has_output(connection.queued() > connection.options().low_water()) {}

  const Listener* listener;
  std::string id;
  std::string peer;
  std::int64_t age;
  std::optional<std::chrono::milliseconds> idle;
  std::uint64_t bytes_in;
  std::uint64_t bytes_out;
  std::uint64_t queued;
  std::string_view state;
  std::string tls;
  bool is_paused;
  bool has_output;
};

// Why the peer is not read: "peer" does not read its output, or the "service" lets it wait.
void add_paused(JsonObject& row, const ConnectionState& connection) {
  row.add_truth("paused", connection.is_paused);
  if (!connection.is_paused) return row.add_null("paused_by");
  row.add_text("paused_by", connection.has_output ? "peer" : "service");
}

void add_connection(const ServiceSet& services, const ConnectionState& connection,
                    ControlAnswer& answer) {
  const ServiceSet::Member* const member = service_of(services, connection.listener);
  if (member == nullptr) return;
  JsonObject row;
  row.add_text("id", connection.id);
  row.add_text("service", service_name(member->spec));
  row.add_text("peer", connection.peer);
  row.add_number("age", connection.age);
  if (const auto idle = connection.idle) {
    row.add_number("idle", std::int64_t{std::chrono::floor<std::chrono::seconds>(*idle).count()});
  } else {
    row.add_null("idle");
  }
  row.add_number("bytes_in", connection.bytes_in);
  row.add_number("bytes_out", connection.bytes_out);
  row.add_number("queued", connection.queued);
  row.add_text("state", connection.state);
  connection.tls.empty() ? row.add_null("tls") : row.add_text("tls", connection.tls);
  add_paused(row, connection);
  answer.add_row(row);
}

using States = std::vector<ConnectionState>;

// Makes the rows of what the other loops have found, and then those of the first loop, some in each
// turn.
class Rows {
 public:
  explicit Rows(ControlTarget& target, std::vector<States> loops = {})
      : target_(target), loops_(std::move(loops)) {}

  bool operator()(ControlAnswer& answer) {
    if (add_found(answer)) return true;
    place_ = Connection::visit(target_.loop(), place_, kPlacesATurn, [&](Connection& connection) {
      if (service_of(target_.service_set(), connection.listener()) == nullptr) return;
      add_connection(target_.service_set(), ConnectionState(connection, 0), answer);
    });
    return place_ != 0;
  }

 private:
  // Returns false if none was left.
  bool add_found(ControlAnswer& answer) {
    while (!loops_.empty() && loops_.back().empty()) loops_.pop_back();
    if (loops_.empty()) return false;
    States& states = loops_.back();
    for (std::uint32_t i = 0; i < kPlacesATurn && !states.empty(); ++i) {
      add_connection(target_.service_set(), states.back(), answer);
      states.pop_back();
    }
    return true;
  }

  ControlTarget& target_;
  std::vector<States> loops_;
  std::uint32_t place_ = 0;
};

std::string no_connection(std::string_view word) {
  return "no connection has the id " + std::string(word);
}

void kick_in_other_loop(const ControlRequest& request, LoopPool& pool,
                        const PlaceOfConnection& place) {
  struct Kick {
    ControlTarget& target;
    std::string word;
    std::string client;
    std::function<void(const ControlClient::Make& make)> later;
    std::string peer;  // empty: there is no such connection
  };
  const auto kick = std::make_shared<Kick>(Kick{request.target,
                                                std::string(request.arguments.front()),
                                                request.client.name(),
                                                request.client.end_later(),
                                                {}});
  pool.loop(place.loop).post([&pool, kick, place] {
    if (Connection* const found = Connection::find(pool.loop(place.loop), place.id)) {
      kick->peer = peer_text(*found);
      found->abort();
    }
    pool.first().post([kick] {
      if (!kick->peer.empty()) {
        kick->target.log_control(kick->client + ": kick " + kick->word + ", " + kick->peer);
      }
      kick->later([&](ControlAnswer& answer) {
        if (kick->peer.empty()) answer.fail(no_connection(kick->word));
      });
    });
  });
}

}  // namespace

const ServiceSet::Member* service_of(const ServiceSet& services, const Listener* listener) {
  for (const ServiceSet::Member& member : services.members()) {
    if (listener != nullptr && member.service->listener() == listener) return &member;
  }
  return nullptr;
}

void show_connections(const ControlRequest& request) {
  LoopPool* const pool = request.target.service_set().pool();
  if (pool == nullptr) return request.answer.continue_with(Rows(request.target));
  const auto visit = [](Connection& connection, std::size_t loop, States& states) {
    states.emplace_back(connection, loop);
  };
  const auto done = [&target = request.target,
                     later = request.client.end_later()](std::vector<States> loops) {
    later([&](ControlAnswer& answer) { answer.continue_with(Rows(target, std::move(loops))); });
  };
  std::make_shared<LoopVisits<States>>(*pool, visit, done)->start(1);
}

void kick(const ControlRequest& request) {
  const std::string_view word = request.arguments.front();
  const auto place = place_in(word);
  if (!place) {
    return request.answer.fail("id " + quote(word) +
                               " is not two or three numbers with dots, such as 3.17 or 3.17.1");
  }
  LoopPool* const pool = request.target.service_set().pool();
  if (place->loop > 0 && pool != nullptr && place->loop < pool->size()) {
    return kick_in_other_loop(request, *pool, *place);
  }
  Connection* const found =
      place->loop > 0 ? nullptr : Connection::find(request.target.loop(), place->id);
  if (found == nullptr || service_of(request.target.service_set(), found->listener()) == nullptr) {
    return request.answer.fail(no_connection(word));
  }
  request.log("kick " + std::string(word) + ", " + peer_text(*found));
  found->abort();
}

}  // namespace sluice::tools::daemon
