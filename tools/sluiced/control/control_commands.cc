#include "control_commands.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "../../../reactor/base/text/quote.h"
#include "../../common/command_line.h"
#include "../../common/nearest.h"
#include "../../common/usage_error.h"
#include "../endpoints/socket_keys.h"
#include "../services/metrics_text.h"
#include "../services/status_json.h"
#include "../settings/log_settings.h"
#include "control_request.h"
#include "counters_text.h"

namespace sluice::tools::daemon {
namespace {

using Words = std::span<const std::string_view>;

struct Command {
  std::string_view name;      // one word, or two
  std::string_view argument;  // what it takes, in a word; empty: nothing
  std::string_view more;      // what may follow that; empty: nothing
  std::string_view summary;
  void (*run)(const ControlRequest& request);
};

std::string endpoint_of(const ServiceSet::Member& member) {
  return member.spec.written(member.service->endpoint());
}

void show_services(const ControlRequest& request) {
  for (const ServiceSet::Member& member : request.target.service_set().members()) {
    request.answer.add_row(service_row(member));
  }
}

void show_counters(const ControlRequest& request) {
  JsonObject row;
  each_counter(request.target.service_set().counters(),
               [&row](const std::string& name, std::uint64_t n) { row.add_number(name, n); });
  row.add_number("udp_unanswered", request.target.udp_unanswered());
  row.add_number("log_dropped", request.target.log_dropped());
  request.answer.add_row(row);
}

void show_loops(const ControlRequest& request) {
  const LoopPool* const pool = request.target.service_set().pool();
  for (std::size_t i = 0; i < (pool == nullptr ? 1 : pool->size()); ++i) {
    const Counters counters =
        pool == nullptr ? request.target.loop().counters() : pool->counters(i);
    JsonObject row;
    row.add_number("loop", std::uint64_t{i});
    row.add_number("connections", counters.connections_open);
    row.add_number("accepted", counters.accepted);
    add_work(row, counters);
    request.answer.add_row(row);
  }
}

void show_sandbox(const ControlRequest& request) {
  for (const SandboxLayer& layer : request.target.sandbox()) {
    JsonObject row;
    row.add_text("layer", layer.name);
    row.add_truth("in_force", layer.in_force);
    row.add_text("detail", layer.detail);
    request.answer.add_row(row);
  }
}

// A limit of an endpoint; null if it has none, or if it is not one of its keys.
void add_limit(JsonObject& row, const ListenSpec& spec, const Key& key) {
  std::string name(key.name());
  std::replace(name.begin(), name.end(), '-', '_');
  const auto value = key.text().applies(spec.scheme()) ? spec.settings.value(key) : std::nullopt;
  if (!value) return row.add_null(name);
  if (const auto* number = std::get_if<std::uint64_t>(&*value)) {
    return row.add_number(name, *number);
  }
  row.add_text(name, key.write(*value));
}

// The first row is that of the daemon.
void show_limits(const ControlRequest& request) {
  constexpr std::array<const Key*, 7> kLimits = {
      &kMaxKey,     &kPerSourceKey,       &kIdleKey, &kConnectRateKey, &kConnectRatePerSourceKey,
      &kAnswersKey, &kAnswersPerSourceKey};
  const Loop& loop = request.target.loop();
  const std::size_t most = loop.options().max_connections;
  JsonObject all;
  all.add_text("name", "all");
  all.add_null("endpoint");
  all.add_number("open", request.target.service_set().counters().connections_open);
  if (most == LoopOptions{}.max_connections) {
    all.add_null("max");
  } else {
    all.add_number("max", std::uint64_t{most});
  }
  request.answer.add_row(all);
  for (const ServiceSet::Member& member : request.target.service_set().members()) {
    JsonObject row;
    row.add_text("name", service_name(member.spec));
    row.add_text("endpoint", endpoint_of(member));
    row.add_number("open", std::uint64_t{member.service->counters().open});
    for (const Key* key : kLimits) add_limit(row, member.spec, *key);
    request.answer.add_row(row);
  }
}

void drain(const ControlRequest& request) {
  const std::string wanted(request.arguments.front());
  std::vector<Service*> found;
  for (const ServiceSet::Member& member : request.target.service_set().members()) {
    const bool is_meant = service_name(member.spec) == wanted || endpoint_of(member) == wanted;
    if (is_meant && !member.draining) found.push_back(member.service.get());
  }
  if (found.empty()) {
    return request.answer.fail("no service has the name or the endpoint " + quote(wanted));
  }
  request.log("drain " + wanted);
  for (Service* const service : found) request.target.drain_service(*service);
}

void set_level(const ControlRequest& request) {
  const std::string_view word = request.arguments.front();
  try {
    request.target.set_log_level(log_level_from(word));
    request.log("log " + std::string(word));
  } catch (const UsageError& error) {
    request.answer.fail(error.what());
  }
}

void reload(const ControlRequest& request) {
  request.log("reload");
  request.target.reload_for_client(
      [later = request.client.end_later()](bool ok, const std::vector<std::string>& lines) {
        later([&](ControlAnswer& answer) {
          for (const std::string& line : lines) answer.add_text(line);
          if (!ok) answer.fail("nothing has changed");
        });
      });
}

void upgrade(const ControlRequest& request) {
  request.log("upgrade");
  request.target.upgrade_for_client([later = request.client.end_later()](
                                        bool ok, const std::vector<std::string>& lines) {
    later([&](ControlAnswer& answer) {
      if (ok) {
        for (const std::string& line : lines) answer.add_text(line);
      } else {
        answer.fail((lines.empty() ? "out of memory" : lines.front()) + "; this process goes on");
      }
    });
  });
}

void stop(const ControlRequest& request) {
  request.log("stop");
  request.target.stop_for_client();
}

void monitor(const ControlRequest& request) { request.client.watch(request.target.monitor()); }

void metrics(const ControlRequest& request) {
  request.answer.add_text(metrics_text(request.target.loop(), request.target.service_set()));
}

void help(const ControlRequest& request);

constexpr std::array kCommands = {
    Command{"help", "", "", "list the commands", help},
    Command{"show services", "", "", "a row for each endpoint", show_services},
    Command{"show counters", "", "", "the counters of the daemon", show_counters},
    Command{"show connections", "", "", "a row for each connection", show_connections},
    Command{"show refusals", "", "", "a row for each reason at each endpoint", show_refusals},
    Command{"show limits", "", "", "the limits of each endpoint", show_limits},
    Command{"show loops", "", "", "a row for each loop", show_loops},
    Command{"show sandbox", "", "", "what the daemon has given up", show_sandbox},
    Command{"show bans", "", "", "a row for each banned source", show_bans},
    Command{"kick", "ID", "", "abort a connection", kick},
    Command{"ban", "ADDRESS", "FOR", "admit no peer of that source", ban},
    Command{"unban", "ADDRESS", "", "take a ban back", unban},
    Command{"drain", "SERVICE", "", "drain a service and remove it", drain},
    Command{"log", "LEVEL", "", "log only info, warning or error and above", set_level},
    Command{"metrics", "", "", "all counters, for Prometheus", metrics},
    Command{"monitor", "", "", "a row for each event, as it happens", monitor},
    Command{"reload", "", "", "read the configuration again", reload},
    Command{"upgrade", "", "", "start the program anew, which takes over", upgrade},
    Command{"stop", "", "", "drain all services and exit", stop},
};

void help(const ControlRequest& request) {
  for (const Command& command : kCommands) {
    std::string left(command.name);
    if (!command.argument.empty()) left += ' ' + std::string(command.argument);
    if (!command.more.empty()) left += " [" + std::string(command.more) + ']';
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
  const std::size_t most = command->more.empty() ? wanted : wanted + 1;
  if (arguments.size() < wanted) {
    return answer.fail(std::string(command->name) + ": " + std::string(command->argument) +
                       " is missing");
  }
  if (arguments.size() > most) {
    return answer.fail(std::string(command->name) + ": unexpected " + quote(arguments[most]));
  }
  command->run({target, client, arguments, answer});
}

}  // namespace sluice::tools::daemon
