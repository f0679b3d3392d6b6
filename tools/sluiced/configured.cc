#include "configured.h"

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/loop/loop_pool.h"
#include "../common/descriptor_limit.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "config/config_faults.h"
#include "config/config_file.h"
#include "config/config_reader.h"
#include "config/written_config.h"
#include "endpoints/socket_keys.h"
#include "endpoints/tls_endpoint.h"
#include "services/chat_core.h"
#include "services/service_kinds.h"
#include "services/shared_rules.h"
#include "settings/key_types.h"
#include "settings/user.h"

namespace sluice::tools::daemon {
namespace {

// For its spelling of durations.
constexpr DurationKey kDrainTimeout({.name = "drain-timeout", .form = "DURATION", .summary = ""});

std::string write_control(const ControlSettings& control) {
  return "\n[control]\n" +
         (control.socket ? "socket = " + toml_string(control.socket->address().path())
                         : std::string("# socket: none")) +
         "\nmode = " + toml_string(write_mode(control.mode)) +
         (control.group ? "\ngroup = " + toml_string(control.group->name)
                        : std::string("\n# group: that of the process")) +
         '\n';
}

// Secrets and certificates are not shown; a worker, which can read no file, gets them.
std::string write_bus(const BusSettings& bus, bool for_worker) {
  std::string text = "\n[bus]\n";
  if (bus.url.empty()) return text + "# url: none\n";
  text += "url = " + toml_string(bus.url) + '\n';
  if (for_worker) {
    if (!bus.secret.empty()) text += "secret = " + toml_string(bus.secret) + '\n';
    if (!bus.ca.empty()) text += "ca-text = " + toml_string(bus.ca) + '\n';
    return text;
  }
  if (!bus.ca_file.empty()) text += "ca = " + toml_string(bus.ca_file) + '\n';
  if (!bus.secret_file.empty())
    return text + "secret-file = " + toml_string(bus.secret_file) + '\n';
  return text + (bus.secret.empty() ? "# secret-file: none\n" : "# secret: not shown\n");
}

void load_bus(BusSettings& bus) {
  load_bus_files(bus);
  if (bus.url.empty() || !parse_bus_url(bus.url).has_tls || TlsEndpoint::is_built_in()) return;
  throw UsageError("bus: " + bus.url + ": TLS is not in this build");
}

std::string write_all(const Options& options, bool for_worker) {
  const bool has_limit = options.loop.max_connections != LoopOptions().max_connections;
  const bool has_budget = options.loop.max_memory != LoopOptions().max_memory;
  const std::string drain_timeout =
      options.drain_timeout.count() == 0 ? "0" : kDrainTimeout.write(options.drain_timeout);
  const std::string workers = write_workers(options.workers);
  return "backend = " + toml_string(to_string(options.loop.backend)) +
         "\nworkers = " + (options.workers == kAutoWorkers ? toml_string(workers) : workers) +
         (!options.user ? "\n# user: the one that starts it"
                        : "\nuser = " + toml_string(*options.user)) +
         (!options.chroot ? "\n# chroot: an empty directory"
                          : "\nchroot = " + toml_string(*options.chroot)) +
         "\nsandbox = " + toml_string(name_of(options.sandbox)) + "\n\n[limits]\n" +
         (has_limit ? "max-connections = " + std::to_string(options.loop.max_connections)
                    : std::string("# max-connections: as many as the descriptors allow")) +
         (has_budget ? "\nmax-memory = " + toml_string(write_size(options.loop.max_memory))
                     : std::string("\n# max-memory: none")) +
         "\ndrain-timeout = " + toml_string(drain_timeout) +
         "\n\n[log]\nto = " + toml_string(to_string(options.log.to)) +
         "\nformat = " + toml_string(name_of(options.log.format)) +
         "\nlevel = " + toml_string(name_of(options.log.level)) +
         "\nconnections = " + (options.log_connections ? "true" : "false") + '\n' +
         write_bus(options.bus, for_worker) + write_control(options.control) +
         write_services(options.listen);
}

void load_files(Options& options) {
  load_greetings(options.listen);
  load_bus(options.bus);
}

// The system would let two services share the socket, and each newcomer would meet any of them.
void check_passed_sockets(const std::vector<ListenSpec>& specs) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    for (std::size_t other = 0; other < i; ++other) {
      if (specs[i].descriptor < 0 || specs[i].descriptor != specs[other].descriptor) continue;
      throw UsageError(specs[i].target.text + " is served by " + specs[other].kind +
                       " already; one service can have a socket");
    }
  }
}

// Also between the command line and the file.
void settle_shared_rules(std::vector<ListenSpec>& specs) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    SettingErrors errors;
    validate_shared_rules(specs[i], std::span(specs).first(i), errors);
    if (errors.empty()) continue;
    throw UsageError("service " + quote(service_name(specs[i])) + ": " + errors.front().message);
  }
  share_rules(specs);
  check_room_logs(specs);
}

void write_users_as_numbers(std::span<const Key* const> keys, ListenSpec& spec) {
  for (const Key* key : keys) {
    std::optional<Value> value = spec.settings.value(*key);
    auto* users = value ? std::get_if<Users>(&*value) : nullptr;
    if (users == nullptr) continue;
    for (User& user : *users) user.written = std::to_string(user.id);
    spec.settings.set(*key, *std::move(value));
  }
}

// Options of the command line take precedence.
void merge(Config config, Options& options) {
  const Options::Given& given = options.given;
  options.include = std::move(config.include);
  if (config.backend && !given.backend) options.loop.backend = *config.backend;
  if (config.workers && !given.workers) options.workers = *config.workers;
  if (config.max_connections && !given.max_connections) {
    options.loop.max_connections = *config.max_connections;
  }
  if (config.max_memory && !given.max_memory) options.loop.max_memory = *config.max_memory;
  if (config.drain_timeout && !given.drain_timeout) options.drain_timeout = *config.drain_timeout;
  if (config.user && !given.user) options.user = *config.user;
  if (config.chroot) options.chroot = *config.chroot;
  if (config.sandbox && !given.sandbox) options.sandbox = *config.sandbox;
  if (config.log_to && !given.log_to) options.log.to = *config.log_to;
  if (config.log_format && !given.log_format) options.log.format = *config.log_format;
  if (config.log_connections && !given.log_connections) {
    options.log_connections = *config.log_connections;
  }
  if (config.log_level && !given.log_level) options.log.level = *config.log_level;
  // The socket of the command line has the mode and the group of the file.
  if (config.control_socket && !options.control.socket) {
    options.control.socket = config.control_socket;
  }
  if (config.control_mode) options.control.mode = *config.control_mode;
  if (config.control_group) options.control.group = config.control_group;
  BusSettings& bus = options.bus;
  if (!bus.url.empty()) config.bus.url = bus.url;
  bus = std::move(config.bus);
  const std::size_t first = options.listen.size();
  for (ListenSpec& spec : config.listen) {
    spec.service += first;
    options.listen.push_back(std::move(spec));
  }
}

}  // namespace

void choose_file(Options& options) {
  if (!options.default_listen || ::access(kDefaultConfig, F_OK) != 0) return;
  options.file = kDefaultConfig;
  options.default_listen = false;
  options.listen.clear();
}

Options configured(const Options& command_line) {
  Options options = command_line;
  if (options.file.empty()) {
    check_passed_sockets(options.listen);
    settle_shared_rules(options.listen);
    load_files(options);
    return options;
  }
  merge(load_config(options.file, options.given.defaults), options);
  if (options.listen.empty()) {
    throw ConfigError({options.file + ": there is no [[service]], and nothing to serve"});
  }
  check_passed_sockets(options.listen);
  settle_shared_rules(options.listen);
  check_console(options);
  load_files(options);
  return options;
}

std::string write_for_worker(const Options& options) {
  Options copy = options;
  // A name of the system cannot be looked up in an empty root.
  if (copy.control.group) copy.control.group->name = std::to_string(copy.control.group->id);
  for (ListenSpec& spec : copy.listen) {
    drop_greeting_file(spec);
    write_users_as_numbers(socket_keys(), spec);
    write_users_as_numbers(kind_of(spec).keys, spec);
  }
  return write_all(copy, true);
}

Options read_by_worker(const std::string& text, const Options& command_line) {
  Options options = command_line;
  options.given = {};
  options.control = {};
  options.bus = {};
  options.loop = {};
  options.listen.clear();
  ConfigFaults faults;
  const auto none = [](const auto&, const auto&, auto&) { return std::vector<ConfigText>(); };
  Config config = read_config({"the configuration", text}, none, {}, faults);
  if (!faults.empty()) throw ConfigError(faults.lines());
  merge(std::move(config), options);
  return options;
}

LoopOptions loop_options(LoopOptions options, std::size_t workers) {
  // Once, because a reload compares what runs with what would run.
  static const std::size_t allowed = connections_for(
      raise_descriptor_limit().count, workers == kAutoWorkers ? LoopPool::processors() : workers);
  if (options.max_connections == LoopOptions().max_connections) options.max_connections = allowed;
  options.share_connections = true;
  options.report_slow_turns = true;
  return options;
}

std::string write_configuration(const Options& options) {
  Options copy = options;
  for (ListenSpec& spec : copy.listen) drop_greeting_text(spec);
  return write_all(copy, false);
}

}  // namespace sluice::tools::daemon
