// bench_load SCENARIO --port N [--server PID] [--core N] [--connections N] [--size BYTES]
//            [--warm-up SECONDS] [--seconds SECONDS] [--operations N]
//            [--dialect raw|chat|redis|irc] [--in-flight LINES] [--stalled MEMBERS]
//            [--noise-port N]
// Loads a server on loopback and prints one line of JSON. Exits 1 when the server fails it.
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dialect.h"
#include "load.h"

namespace {

using bench::Request;

// Longer than any scenario with its last waits: a server that hangs must not hang the benchmark.
constexpr unsigned kLastWaits = 40;

struct Scenario {
  std::string_view name;
  bench::Result (*run)(const Request&);
};

constexpr std::array kScenarios{
    Scenario{"round-trips", bench::run_round_trips},
    Scenario{"bulk", bench::run_bulk},
    Scenario{"connects", bench::run_connects},
    Scenario{"idle", bench::run_idle},
    Scenario{"datagrams", bench::run_datagrams},
    Scenario{"fan-out", bench::run_fan_out},
    Scenario{"joins", bench::run_joins},
    Scenario{"fairness", bench::run_fairness},
    Scenario{"scrapes", bench::run_scrapes},
#ifdef BENCH_TLS
    Scenario{"tls-round-trips", bench::run_tls_round_trips},
    Scenario{"tls-handshakes", bench::run_tls_handshakes},
    Scenario{"tls-resumptions", bench::run_tls_resumptions},
    Scenario{"tls-idle", bench::run_tls_idle},
    Scenario{"tls-fan-out", bench::run_tls_fan_out},
#endif
};

[[noreturn]] void refuse(std::string_view what, std::string_view read) {
  std::fprintf(stderr, "bench_load: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(read.size()), read.data());
  std::exit(2);
}

template <class Number>
Number parse(std::string_view option, std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) refuse(option, text);
  return number;
}

void pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  bench::require(sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

void apply(Request& request, std::string_view option, std::string_view value) {
  if (option == "--port") {
    request.port = parse<std::uint16_t>(option, value);
  } else if (option == "--noise-port") {
    request.noise_port = parse<std::uint16_t>(option, value);
  } else if (option == "--control") {
    request.control = value;
  } else if (option == "--server") {
    request.server = parse<pid_t>(option, value);
  } else if (option == "--core") {
    pin(parse<int>(option, value));
  } else if (option == "--connections") {
    request.connections = parse<std::size_t>(option, value);
  } else if (option == "--size") {
    request.size = parse<std::size_t>(option, value);
    if (request.size == 0 || request.size > bench::Pattern::kMaxSize) refuse(option, value);
  } else if (option == "--warm-up") {
    request.warm_up = bench::Seconds(parse<double>(option, value));
  } else if (option == "--seconds") {
    request.duration = bench::Seconds(parse<double>(option, value));
  } else if (option == "--operations") {
    request.operations = parse<std::uint64_t>(option, value);
  } else if (option == "--dialect") {
    if (!bench::dialect_from(value)) refuse(option, value);
    request.dialect = value;
  } else if (option == "--in-flight") {
    request.in_flight = parse<std::size_t>(option, value);
  } else if (option == "--stalled") {
    request.stalled = parse<std::size_t>(option, value);
  } else {
    refuse("unknown option", option);
  }
}

void print(const bench::Result& result) {
  char separator = '{';
  for (const auto& [name, number] : result) {
    std::printf("%c\"%.*s\": %.9g", separator, static_cast<int>(name.size()), name.data(), number);
    separator = ',';
  }
  std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc % 2 != 0) refuse("usage", "bench_load SCENARIO [--OPTION VALUE]...");
  bench::prepare_process();
  Request request;
  for (int i = 2; i < argc; i += 2) apply(request, argv[i], argv[i + 1]);
  alarm(static_cast<unsigned>((request.warm_up + request.duration).count()) + kLastWaits);
  for (const Scenario& scenario : kScenarios) {
    if (scenario.name != argv[1]) continue;
    print(scenario.run(request));
    return 0;
  }
  refuse("unknown scenario", argv[1]);
}
