// The commands about banned sources.
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "../../../reactor/base/text/quote.h"
#include "../../common/duration.h"
#include "../../common/usage_error.h"
#include "../endpoints/bans.h"
#include "control_request.h"
#include "loop_visits.h"

namespace sluice::tools::daemon {
namespace {

using std::chrono::milliseconds;

// An address, or a network as show_bans() writes it.
std::optional<Source> source_in(std::string_view text) {
  const auto address = Address::from_ip(text.substr(0, text.find('/')), 0);
  if (!address) return {};
  const Source source(*address);
  const bool has_length = text.find('/') != text.npos;
  if (has_length && source.to_string() != text) return {};
  return source;
}

std::optional<Source> source_of(const ControlRequest& request) {
  const std::string_view word = request.arguments.front();
  const auto source = source_in(word);
  if (!source) {
    request.answer.fail("address " + quote(word) +
                        " is not a.b.c.d, an IPv6 address or its network of 64 bits");
  }
  return source;
}

bool is_from(const Source& source, const Connection& connection) {
  const Address peer = connection.peer();
  return peer.is_ip() && Source(peer) == source;
}

std::string banned_text(const Source& source, std::uint64_t aborted) {
  return "banned " + source.to_string() + ", aborted " + std::to_string(aborted) +
         (aborted == 1 ? " connection" : " connections");
}

// Not of the control socket. In the first loop's thread.
bool is_served(ControlTarget& target, const Connection& connection) {
  return service_of(target.service_set(), connection.listener()) != nullptr;
}

// Aborts the connections of a banned source, a part of them in each turn.
class Evict {
 public:
  Evict(ControlTarget& target, const Source& source) : target_(target), source_(source) {}

  bool operator()(ControlAnswer& answer) {
    place_ = Connection::visit(target_.loop(), place_, kPlacesATurn, [this](Connection& each) {
      if (!is_from(source_, each) || !is_served(target_, each)) return;
      each.abort();
      ++aborted_;
    });
    if (place_ != 0) return true;
    answer.add_text(banned_text(source_, aborted_));
    return false;
  }

 private:
  ControlTarget& target_;
  Source source_;
  std::uint32_t place_ = 0;
  std::uint64_t aborted_ = 0;
};

// A stalled loop delays the answer, but not what the others do.
void evict_in_all_loops(const ControlRequest& request, LoopPool& pool, const Source& source) {
  const auto visit = [&target = request.target, source](Connection& connection, std::size_t loop,
                                                        std::uint64_t& aborted) {
    if (!is_from(source, connection)) return;
    if (loop == 0 && !is_served(target, connection)) return;
    connection.abort();
    ++aborted;
  };
  const auto done = [source,
                     later = request.client.end_later()](const std::vector<std::uint64_t>& loops) {
    const auto aborted = std::accumulate(loops.begin(), loops.end(), std::uint64_t{0});
    later([&](ControlAnswer& answer) { answer.add_text(banned_text(source, aborted)); });
  };
  std::make_shared<LoopVisits<std::uint64_t>>(pool, visit, done)->start(0);
}

}  // namespace

void show_bans(const ControlRequest& request) {
  request.target.bans().each([&](const Source& source, std::optional<milliseconds> left) {
    JsonObject row;
    row.add_text("source", source.to_string());
    if (left) {
      row.add_number("seconds_left",
                     std::int64_t{std::chrono::ceil<std::chrono::seconds>(*left).count()});
    } else {
      row.add_null("seconds_left");
    }
    request.answer.add_row(row);
  });
}

void ban(const ControlRequest& request) {
  const auto source = source_of(request);
  if (!source) return;
  std::optional<milliseconds> time;
  std::string how_long;
  if (request.arguments.size() > 1) {
    try {
      time = parse_some_time("time", request.arguments[1]);
    } catch (const UsageError& error) {
      return request.answer.fail(error.what());
    }
    how_long = " for " + std::string(request.arguments[1]);
  }
  if (!request.target.bans().add(*source, time)) {
    return request.answer.fail("there are " + std::to_string(Bans::kMaxBans) +
                               " bans, which is the most; unban one first");
  }
  request.log("ban " + source->to_string() + how_long);
  if (LoopPool* const pool = request.target.service_set().pool()) {
    return evict_in_all_loops(request, *pool, *source);
  }
  request.answer.continue_with(Evict(request.target, *source));
}

void unban(const ControlRequest& request) {
  const auto source = source_of(request);
  if (!source) return;
  if (!request.target.bans().remove(*source)) {
    return request.answer.fail(source->to_string() + " is not banned");
  }
  request.log("unban " + source->to_string());
}

}  // namespace sluice::tools::daemon
