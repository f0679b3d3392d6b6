#include "options.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <sstream>
#include <string_view>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"
#include "../common/duration.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "config/listen_reader.h"
#include "endpoints/socket_keys.h"
#include "endpoints/websocket_keys.h"
#include "services/service_kinds.h"
#include "settings/passed_sockets.h"
#include "would_accept.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::array<std::string_view, 5> kDefaultListen = {
    "echo=tcp://127.0.0.1:7007", "echo=udp://127.0.0.1:7007",       "framed=tcp://127.0.0.1:8888",
    "chat=tcp://127.0.0.1:9000", "broadcast=udp://127.0.0.1:12345",
};
// Arguments of sluice-talk, which is installed together with sluiced.
constexpr std::array<std::string_view, 5> kDefaultExamples = {
    "--send hello --expect 1 127.0.0.1:7007",
    "--send hello --expect 1 udp://127.0.0.1:7007",
    "--framing decimal:3 --send hello --expect 1 127.0.0.1:8888",
    "127.0.0.1:9000, in two terminals",
    "--send who --expect 1 udp://127.0.0.1:12345",
};

constexpr std::array kOptions = {
    OptionSpec{"listen", 'l', "NAME=ENDPOINT[,KEY=VALUE]...", "serve NAME at ENDPOINT; repeatable",
               true},
    OptionSpec{"file", 'f', "FILE", "configuration file; see sluiced.conf(5)"},
    OptionSpec{"check", 'n', "", "check the configuration without serving, and exit"},
    OptionSpec{"verbose", 'v', "", "with -n: write what would run, defaults included"},
    OptionSpec{"would-accept", 0, "ADDRESS", "with -n: write which services serve this peer"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"workers", 0, "COUNT|auto", "loops that serve, with a thread each (1)"},
    OptionSpec{"max-connections", 0, "COUNT", "open stream connections (by descriptors)"},
    OptionSpec{"max-memory", 0, "SIZE", "what connections may hold, such as 64M (none)"},
    OptionSpec{"idle-timeout", 0, "DURATION", "close a stream that is idle this long (off)"},
    OptionSpec{"drain-timeout", 0, "DURATION", "time to finish after SIGTERM or SIGINT (5s)"},
    OptionSpec{"console", 0, "", "take part in chat and broadcast from the terminal"},
    OptionSpec{"bus", 0, "URL", "redis://ADDRESS: one chat on several machines (none)"},
    OptionSpec{"control", 0, "PATH", "Unix socket for sluicectl(8)"},
    OptionSpec{"log-to", 0, "TARGET", "stderr, syslog or file:/PATH (stderr)"},
    OptionSpec{"log-connections", 0, "", "log each connection when it has closed"},
    OptionSpec{"log-format", 0, "text|json", "form of a line of the log (text)"},
    OptionSpec{"log-level", 0, "LEVEL", "least of info, warning, error (info)"},
    OptionSpec{"user", 'u', "NAME", "as root: serve as this account, once all is open"},
    OptionSpec{"sandbox", 0, "on|off|require", "give up what no service needs (on)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

constexpr std::size_t kMaxListen = 256;  // bytes of an -l in a message

// What the key is for, and what holds without it: "longest line (4096)".
std::string summary_of(const Key& key) {
  std::string summary(key.text().summary);
  std::string without(key.text().without);
  if (const auto value = key.fallback(); value && without.empty()) without = key.write(*value);
  return without.empty() ? summary : summary + " (" + without + ')';
}

void add_keys(std::ostringstream& out, std::string_view title, std::span<const Key* const> keys) {
  out << '\n' << title << ":\n";
  for (const Key* key : keys) {
    out << help_row(std::string(key->name()) + '=' + std::string(key->text().form),
                    summary_of(*key));
  }
}

std::string help_text() {
  std::ostringstream out;
  out << "Usage: sluiced [OPTION]...\n"
         "Serves small network services over TCP, UDP and Unix sockets.\n"
         "Without -l and -f, it reads /etc/sluice/sluiced.conf; if there is none, it\n"
         "serves echo, framed, chat and broadcast on 127.0.0.1.\n"
         "\nOptions:\n"
      << help_of(kOptions) << "\nServices:\n";
  for (const ServiceKind* kind : all_kinds()) {
    const std::string_view but = kind->speaks_http     ? "; over HTTP"
                                 : !kind->over_udp     ? "; no UDP"
                                 : !kind->over_streams ? "; UDP only"
                                                       : "";
    out << help_row(kind->name, std::string(kind->summary).append(but));
  }
  out << "\nEndpoints:\n";
  out << help_row("tcp://HOST:PORT, udp://HOST:PORT",
                  "HOST: name, a.b.c.d, [IPv6] or *; PORT 0: any free");
  out << help_row("unix://PATH", "a Unix stream socket");
  out << help_row("http://HOST:PORT", "of metrics and web, in place of tcp://");
  out << help_row("ws://HOST:PORT, ws+unix://PATH", "WebSocket: echo, framed, relay, chat");
  out << help_row("tls://, https://, wss://", "the same as tcp://, http://, ws://, with TLS");
  out << help_row("fd:NAME", "a socket that a service manager has passed");
  add_keys(out, "Keys", socket_keys());
  for (const ServiceKind* kind : all_kinds()) {
    if (!kind->keys.empty()) add_keys(out, "Keys of " + std::string(kind->name), kind->keys);
  }
  add_keys(out, "Keys of ws", kWebSocketKeys);
  out << "\nA DURATION is 500ms, 30s, 5m, 2h or 1d. Write a comma in a VALUE as \\,\n"
         "See sluiced(8).\n";
  return out.str();
}

}  // namespace

void check_console(const Options& options) {
  if (!options.console) return;
  const auto used = [](const ListenSpec& spec) {
    return kind_of(spec).console != ConsoleUse::none;
  };
  if (std::any_of(options.listen.begin(), options.listen.end(), used)) return;
  throw UsageError("--console: no service uses the terminal; serve chat or broadcast");
}

std::span<const OptionSpec> daemon_option_table() noexcept { return kOptions; }

std::vector<std::string> default_examples(std::string_view talk) {
  std::vector<std::string> commands;
  commands.reserve(std::size(kDefaultExamples));
  for (const std::string_view arguments : kDefaultExamples) {
    commands.push_back(std::string(talk) + ' ' + std::string(arguments));
  }
  return commands;
}

Options parse_options(int argc, const char* const* argv) {
  const CommandLine line(kOptions, argc, argv);
  if (!line.operands().empty()) {
    throw UsageError(quote(line.operands().front()) +
                     " is not an option; sluiced takes only options");
  }

  Options options;
  options.answer = line.answer("sluiced " SLUICE_VERSION_STRING, help_text);
  Settings& defaults = options.given.defaults;
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  line.each("workers", [&](std::string_view value) { options.workers = workers_from(value); });
  line.each("max-connections", [&](std::string_view value) {
    options.loop.max_connections = parse_count("count", value);
  });
  line.each("max-memory",
            [&](std::string_view value) { options.loop.max_memory = parse_size("size", value); });
  line.each("idle-timeout", [&](std::string_view value) {
    defaults.set(kIdleKey, parse_timeout("duration", value, kMaxIdle));
  });
  line.each("drain-timeout", [&](std::string_view value) {
    options.drain_timeout = parse_duration("duration", value);
  });

  const auto listen = [&](std::string_view value) {
    const std::size_t service = options.listen.size();
    for (const std::string& text : PassedSockets::of_process().expand_listen(value)) {
      options.listen.push_back(parse_listen(text, defaults));
      ListenSpec& spec = options.listen.back();
      spec.service = service;
      spec.allow_at = spec.deny_at = "-l " + escape(value, kMaxListen);
    }
  };
  line.each("file", [&](std::string_view value) {
    if (value.empty()) throw UsageError("the name of the file is empty");
    options.file = value;
  });
  options.default_listen = !line.has("listen") && !line.has("file");
  if (options.default_listen) {
    for (const std::string_view value : kDefaultListen) listen(value);
  } else {
    line.each("listen", listen);
  }
  options.console = line.has("console");
  line.each("control", [&](std::string_view value) {
    options.control.socket = ControlSettings::socket_from(value);
  });
  line.each("bus", [&](std::string_view value) {
    (void)parse_bus_url(value);
    options.bus.url = value;
  });
  line.each("log-to", [&](std::string_view value) { options.log.to = log_target_from(value); });
  line.each("log-format",
            [&](std::string_view value) { options.log.format = log_format_from(value); });
  line.each("log-level",
            [&](std::string_view value) { options.log.level = log_level_from(value); });
  line.each("user", [&](std::string_view value) { options.user = value; });
  line.each("sandbox", [&](std::string_view value) { options.sandbox = sandbox_mode_from(value); });
  if (options.file.empty()) check_console(options);
  options.check = line.has("check");
  options.verbose = line.has("verbose");
  if (options.verbose && !options.check && options.answer.empty()) {
    throw UsageError(line.spelled("verbose") + " goes with -n, which checks the configuration");
  }
  line.each("would-accept", [&](std::string_view value) { options.peer = parse_peer(value); });
  if (options.peer && !options.check && options.answer.empty()) {
    throw UsageError(line.spelled("would-accept") + " goes with -n, which serves nothing");
  }
  options.log_connections = line.has("log-connections");
  options.given.log_connections = options.log_connections;
  options.given.backend = line.has("backend");
  options.given.workers = line.has("workers");
  options.given.max_connections = line.has("max-connections");
  options.given.max_memory = line.has("max-memory");
  options.given.drain_timeout = line.has("drain-timeout");
  options.given.user = line.has("user");
  options.given.sandbox = line.has("sandbox");
  options.given.log_to = line.has("log-to");
  options.given.log_format = line.has("log-format");
  options.given.log_level = line.has("log-level");
  return options;
}

}  // namespace sluice::tools::daemon
