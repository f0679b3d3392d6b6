#include "control_commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../../reactor/base/quote.h"
#include "../../common/command_line.h"
#include "../../common/nearest.h"
#include "../../common/usage_error.h"
#include "../services/metrics_text.h"
#include "../services/socket_keys.h"
#include "../settings/log_settings.h"
#include "counters_text.h"

namespace sluice::tools::daemon {
namespace {

using Words = std::span<const std::string_view>;

struct Request {
  ControlTarget& target;
  ControlClient& client;
  Words arguments;
  ControlAnswer& answer;
};

struct Command {
  std::string_view name;      // one word, or two
  std::string_view argument;  // what it takes, in a word; empty: nothing
  std::string_view summary;
  void (*run)(const Request& request);
};

void log(const Request& request, const std::string& what) {
  request.target.log_control(request.client.name() + ": " + what);
}

void add_counts(JsonObject& row, const ServiceCounters& counters) {
  row.add_number("open", std::uint64_t{counters.open});
  row.add_number("accepted", counters.accepted);
  row.add_number("refused", counters.refused);
  row.add_number("bytes_in", counters.bytes_in);
  row.add_number("bytes_out", counters.bytes_out);
}

std::string_view state_of(const ServiceSet::Member& member) noexcept {
  if (member.draining) return "draining";
  return member.retired ? "retired" : "serving";
}

std::string endpoint_of(const ServiceSet::Member& member) {
  return member.spec.written(member.service->endpoint());
}

void show_services(const Request& request) {
  for (const ServiceSet::Member& member : request.target.service_set().members()) {
    JsonObject row;
    row.add_text("name", service_name(member.spec));
    row.add_text("kind", member.kind->name);
    row.add_text("endpoint", endpoint_of(member));
    row.add_text("state", state_of(member));
    add_counts(row, member.service->counters());
    request.answer.add_row(row);
  }
}

void show_counters(const Request& request) {
  JsonObject row;
  each_counter(request.target.loop().counters(),
               [&row](const std::string& name, std::uint64_t n) { row.add_number(name, n); });
  row.add_number("udp_unanswered", request.target.udp_unanswered());
  row.add_number("log_dropped", request.target.log_dropped());
  request.answer.add_row(row);
}

const ServiceSet::Member* service_of(const ServiceSet& services, const Connection& connection) {
  for (const ServiceSet::Member& member : services.members()) {
    if (connection.listener() != nullptr && member.service->listener() == connection.listener()) {
      return &member;
    }
  }
  return nullptr;
}

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

void add_connection(const ServiceSet& services, const Connection& connection,
                    ControlAnswer& answer) {
  const ServiceSet::Member* const member = service_of(services, connection);
  if (member == nullptr) return;  // a client of a control socket
  JsonObject row;
  row.add_text("id", text_of(connection.id()));
  row.add_text("service", service_name(member->spec));
  row.add_text("peer", connection.peer().to_string());
  row.add_number("bytes_in", connection.bytes_in());
  row.add_number("bytes_out", connection.bytes_out());
  row.add_number("queued", std::uint64_t{connection.queued()});
  row.add_text("state", name_of(connection.state()));
  row.add_truth("paused", connection.paused());
  answer.add_row(row);
}

// The places of the table that are looked at in one turn, and so the rows that are made.
constexpr std::uint32_t kPlacesATurn = 128;

void show_connections(const Request& request) {
  request.answer.continue_with(
      [&target = request.target, place = std::uint32_t{0}](ControlAnswer& answer) mutable {
        place = Connection::visit(target.loop(), place, kPlacesATurn, [&](Connection& connection) {
          add_connection(target.service_set(), connection, answer);
        });
        return place != 0;
      });
}

void kick(const Request& request) {
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
  log(request, "kick " + std::string(word) + ", " + found->peer().to_string());
  found->abort();
}

void drain(const Request& request) {
  const std::string wanted(request.arguments.front());
  std::vector<Service*> found;
  for (const ServiceSet::Member& member : request.target.service_set().members()) {
    const bool is_meant = service_name(member.spec) == wanted || endpoint_of(member) == wanted;
    if (is_meant && !member.draining) found.push_back(member.service.get());
  }
  if (found.empty()) {
    return request.answer.fail("no service has the name or the endpoint " + quote(wanted));
  }
  log(request, "drain " + wanted);
  for (Service* const service : found) request.target.drain_service(*service);
}

void set_level(const Request& request) {
  const std::string_view word = request.arguments.front();
  try {
    request.target.set_log_level(log_level_from(word));
    log(request, "log " + std::string(word));
  } catch (const UsageError& error) {
    request.answer.fail(error.what());
  }
}

void reload(const Request& request) {
  log(request, "reload");
  request.target.reload_for_client(
      [later = request.client.end_later()](bool ok, const std::vector<std::string>& lines) {
        ControlAnswer answer;
        for (const std::string& line : lines) answer.add_text(line);
        if (!ok) answer.fail("nothing has changed");
        later(std::move(answer));
      });
}

void stop(const Request& request) {
  log(request, "stop");
  request.target.stop_for_client();
}

void metrics(const Request& request) {
  request.answer.add_text(metrics_text(request.target.loop(), request.target.service_set()));
}

void help(const Request& request);

constexpr std::array kCommands = {
    Command{"help", "", "list the commands", help},
    Command{"show services", "", "a row for each endpoint", show_services},
    Command{"show counters", "", "the counters of the daemon", show_counters},
    Command{"show connections", "", "a row for each connection", show_connections},
    Command{"kick", "ID", "abort a connection", kick},
    Command{"drain", "SERVICE", "drain a service and remove it", drain},
    Command{"log", "LEVEL", "log only info, warning or error and above", set_level},
    Command{"metrics", "", "all counters, for Prometheus", metrics},
    Command{"reload", "", "read the configuration again", reload},
    Command{"stop", "", "drain all services and exit", stop},
};

void help(const Request& request) {
  for (const Command& command : kCommands) {
    std::string left(command.name);
    if (!command.argument.empty()) left += ' ' + std::string(command.argument);
    request.answer.add_text(help_row(left, command.summary));
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// The command with which the words begin, and the number of words in its name.
std::pair<const Command*, std::size_t> command_of(Words words) {
  for (const Command& command : kCommands) {
    const std::vector<std::string_view> name = words_of(command.name);
    if (words.size() >= name.size() && std::equal(name.begin(), name.end(), words.begin())) {
      return {&command, name.size()};
    }
  }
  return {nullptr, 0};
}

std::string unknown(std::string_view line) {
  std::array<std::string_view, kCommands.size()> names;
  std::transform(kCommands.begin(), kCommands.end(), names.begin(),
                 [](const Command& command) { return command.name; });
  return "command " + quote(line) + " is unknown" + suggestion(line, names) +
         "; help lists the commands";
}

}  // namespace

void run_command(ControlTarget& target, ControlClient& client, std::string_view line,
                 ControlAnswer& answer) {
  const std::vector<std::string_view> words = words_of(line);
  const auto [command, length] = command_of(words);
  if (command == nullptr) return answer.fail(unknown(line));
  const Words arguments = std::span(words).subspan(length);
  const std::size_t wanted = command->argument.empty() ? 0 : 1;
  if (arguments.size() < wanted) {
    return answer.fail(std::string(command->name) + ": " + std::string(command->argument) +
                       " is missing");
  }
  if (arguments.size() > wanted) {
    return answer.fail(std::string(command->name) + ": unexpected " + quote(arguments[wanted]));
  }
  command->run({target, client, arguments, answer});
}

}  // namespace sluice::tools::daemon
