// The one source that includes cxxopts, which takes seconds to compile.
#include "options.h"

#include <array>
#include <cstddef>
#include <iomanip>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

// The library would split values at commas, and its regular expression reads no newline.
#define CXXOPTS_VECTOR_DELIMITER '\0'
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

#include "duration.h"
#include "number.h"
#include "text.h"
#include "usage_error.h"

namespace sluice {
namespace {

// Bytes of a message: what was read, and what is wrong with it.
constexpr std::size_t kMaxRead = 512;
constexpr std::size_t kMaxWhy = 1024;

constexpr std::string_view kDefaultListen[] = {"echo=tcp://127.0.0.1:7007",
                                               "echo=udp://127.0.0.1:7007"};

struct Option {
  std::string_view names;  // as the library wants them
  std::string_view usage;  // as a user writes them
  std::string_view summary;
};
constexpr Option kOptions[] = {
    {"l,listen", "-l, --listen NAME=ENDPOINT[,KEY=VALUE]...", "serve NAME at ENDPOINT; repeatable"},
    {"backend", "--backend auto|epoll|poll|select", "how to wait for events (auto)"},
    {"max-connections", "--max-connections COUNT", "stream connections in all (no limit)"},
    {"idle-timeout", "--idle-timeout DURATION", "close a stream that is silent for so long (off)"},
    {"drain-timeout", "--drain-timeout DURATION", "after SIGTERM, cut what is open by then (5s)"},
    {"help", "--help", "write this and exit"},
    {"version", "--version", "write the version and exit"},
};

// All values are read as text, and parsed here: the library lets numbers wrap around, and its
// errors do not name the option.
cxxopts::Options describe() {
  cxxopts::Options options("sluiced");
  for (const Option& option : kOptions) {
    const bool takes_value = option.usage.find(' ', option.usage.find("--")) != option.usage.npos;
    std::shared_ptr<cxxopts::Value> value = cxxopts::value<std::string>();
    if (option.names == "l,listen") value = cxxopts::value<std::vector<std::string>>();
    if (!takes_value) value->implicit_value("");
    options.add_options()(std::string(option.names), "", value);
  }
  options.allow_unrecognised_options();  // named one by one in refuse_strangers()
  return options;
}

void add_row(std::ostringstream& out, std::string_view left, std::string_view right) {
  constexpr int kLeft = 44;
  out << "  " << std::setw(kLeft) << left << right << '\n';
}

std::string help_text() {
  std::ostringstream out;
  out << std::left
      << "Usage: sluiced [OPTION]...\n"
         "Serves small network services over TCP, UDP and Unix sockets.\n"
         "Without -l: echo on TCP and UDP port 7007 of 127.0.0.1.\n"
         "\nOptions:\n";
  for (const Option& option : kOptions) add_row(out, option.usage, option.summary);
  out << "\nServices:\n";
  for (const Service& service : all_services()) {
    add_row(out, service.name,
            std::string(service.summary) + (service.over_udp ? "" : "; not over UDP"));
  }
  out << "\nEndpoints:\n";
  add_row(out, "tcp://HOST:PORT, udp://HOST:PORT", "HOST: a.b.c.d, [IPv6] or *; PORT 0: any free");
  add_row(out, "unix://PATH", "a stream socket");
  out << "\nKeys:\n";
  for (const ListenKey& key : listen_keys()) {
    add_row(out, std::string(key.name) + '=' + std::string(key.value), key.summary);
  }
  out << "\nA DURATION is 500ms, 30s, 5m, 2h or 1d. A comma in a VALUE is written \\,\n"
         "More in sluiced(8).\n";
  return out.str();
}

// -lNAME=… becomes -l NAME=…, which the library does not know.
std::vector<std::string> separate_short_values(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  bool options_ended = false;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    options_ended = options_ended || argument == "--";
    if (!options_ended && argument.size() > 2 && argument.starts_with("-l")) {
      arguments.emplace_back("-l");
      arguments.emplace_back(argument.substr(2));
    } else {
      arguments.emplace_back(argument);
    }
  }
  return arguments;
}

std::string name_of(std::string_view argument) {
  return argument == "-l" ? "--listen" : std::string(argument);
}

cxxopts::ParseResult parse(cxxopts::Options& described, int argc, const char* const* argv) {
  const std::vector<std::string> arguments = separate_short_values(argc, argv);
  std::vector<const char*> pointers;
  pointers.reserve(arguments.size());
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  try {
    return described.parse(static_cast<int>(pointers.size()), pointers.data());
  } catch (const cxxopts::exceptions::missing_argument&) {
    throw UsageError(name_of(arguments.back()) + ": the value is missing");
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what());
  }
}

void refuse_strangers(const cxxopts::ParseResult& parsed) {
  if (parsed.unmatched().empty()) return;
  const std::string& first = parsed.unmatched().front();
  const std::string read = escape(first, kMaxQuoted);
  if (first.size() < 2 || first.front() != '-') {
    throw UsageError(quote(first) + ": no argument is allowed that is not an option");
  }
  std::vector<std::string> allowed;
  for (const Option& option : kOptions) {
    const std::string_view names = option.names;
    allowed.push_back("--" + std::string(names.substr(names.find(',') + 1)));
  }
  throw UsageError(read + ": not an option; allowed are " + join_names(allowed));
}

// Runs `use` with the option's value if it was given, and puts both into what it throws.
template <class Use>
void with_value(const std::string& name, const std::string& value, Use&& use) {
  const auto refuse = [&](const char* why) {
    throw UsageError("--" + name + ' ' + escape(value, kMaxRead) + ": " + escape(why, kMaxWhy));
  };
  try {
    use(value);
  } catch (const std::invalid_argument& error) {  // backend_from()
    refuse(error.what());
  } catch (const UsageError& error) {
    refuse(error.what());
  }
}

template <class Use>
void with_option(const cxxopts::ParseResult& parsed, const std::string& name, Use&& use) {
  if (parsed.count(name) != 0) with_value(name, parsed[name].as<std::string>(), use);
}

bool asked_for(const cxxopts::ParseResult& parsed, const std::string& name) {
  if (parsed.count(name) == 0) return false;
  const auto& value = parsed[name].as<std::string>();
  if (!value.empty()) {
    throw UsageError("--" + name + '=' + escape(value, kMaxQuoted) + ": no value is allowed");
  }
  return true;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  cxxopts::Options described = describe();
  const cxxopts::ParseResult parsed = parse(described, argc, argv);
  refuse_strangers(parsed);

  Options options;
  if (asked_for(parsed, "help")) options.answer = help_text();
  if (asked_for(parsed, "version") && options.answer.empty()) {
    options.answer = "sluiced " SLUICE_VERSION "\n";
  }
  std::chrono::milliseconds idle{0};
  with_option(parsed, "backend",
              [&](std::string_view value) { options.loop.backend = backend_from(value); });
  with_option(parsed, "max-connections", [&](std::string_view value) {
    options.loop.max_connections = parse_count("count", value);
  });
  with_option(parsed, "idle-timeout",
              [&](std::string_view value) { idle = parse_timeout("duration", value); });
  with_option(parsed, "drain-timeout", [&](std::string_view value) {
    options.drain_timeout = parse_duration("duration", value);
  });

  const auto listen = [&](std::string_view value) {
    options.listen.push_back(parse_listen_spec(value, idle));
  };
  options.default_listen = parsed.count("listen") == 0;
  if (options.default_listen) {
    for (const std::string_view value : kDefaultListen) listen(value);
  } else {
    for (const auto& value : parsed["listen"].as<std::vector<std::string>>()) {
      with_value("listen", value, listen);
    }
  }
  return options;
}

}  // namespace sluice
