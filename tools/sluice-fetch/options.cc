#include "options.h"

#include <array>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "../../reactor/base/quote.h"
#include "../../reactor/base/version.h"
#include "../common/duration.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "file_name.h"

namespace sluice::tools::fetch {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"output", 'o', "FILE", "the body's file; - is the standard output (-)"},
    OptionSpec{"remote-name", 'O', "", "a file for each body, named as the URL's path ends"},
    OptionSpec{"force", 0, "", "replace files that are there already"},
    OptionSpec{"json", 0, "", "print what became of each URL as a JSON object"},
    OptionSpec{"parallel", 0, "COUNT", "as many at once (8)"},
    OptionSpec{"parse", 0, "", "print the parts of each URL, and fetch nothing"},
    OptionSpec{"max-size", 0, "BYTES", "give up on a larger body (no limit)"},
    OptionSpec{"timeout", 0, "DURATION", "for each URL, in all (off)"},
    OptionSpec{"redirects", 0, "COUNT", "follow so many, to http and https only (10)"},
    OptionSpec{"cacert", 0, "FILE", "trust these certificates, and not the system's"},
    OptionSpec{"insecure", 0, "", "take any certificate"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "how to wait for events (auto)"},
    OptionSpec{"help", 0, "", "write this and exit"},
    OptionSpec{"version", 0, "", "write the version and exit"},
};

std::string help_text() {
  return "Usage: sluice-fetch [OPTION]... URL...\n"
         "Fetches http:// and https:// URLs, many at once.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "More in sluice-fetch(1).\n";
}

void refuse_if(bool wrong, const std::string& message) {
  if (wrong) throw UsageError(message);
}

void read_values(FetchOptions& options, const CommandLine& line) {
  line.each("parallel", [&](std::string_view value) {
    options.parallel =
        static_cast<std::size_t>(parse_number("count", value, 1, FetchOptions::kMaxParallel));
  });
  line.each("max-size", [&](std::string_view value) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    options.max_size = parse_number("bytes", value, 1, kMax);
  });
  line.each("timeout",
            [&](std::string_view value) { options.timeout = parse_timeout("duration", value); });
  line.each("redirects", [&](std::string_view value) {
    options.redirects =
        static_cast<long>(parse_number("count", value, 0, FetchOptions::kMaxRedirects));
  });
  line.each("cacert", [&](std::string_view value) {
    refuse_if(value.empty(), "the file's name is empty");
    options.cacert = value;
  });
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  options.json = line.has("json");
  options.parse = line.has("parse");
  options.insecure = line.has("insecure");
}

void read_urls(FetchOptions& options, const CommandLine& line) {
  refuse_if(line.operands().empty(), "the URL is missing; allowed are http:// and https:// URLs");
  for (const std::string& operand : line.operands()) {
    Url url = parse_url(operand);
    refuse_if(
        !options.parse && !url.can_be_fetched(),
        "URL " + quote(url.shown) + ": scheme " + quote(url.scheme) + " is not http or https");
    options.jobs.push_back({std::move(url), {}});
  }
}

void name_files(FetchOptions& options) {
  std::map<std::string, const Url*> names;
  for (FetchJob& job : options.jobs) {
    job.file = file_name_of(job.url);
    const auto [other, is_new] = names.emplace(job.file, &job.url);
    refuse_if(!is_new, "URLs " + quote(other->second->shown) + " and " + quote(job.url.shown) +
                           ": with --remote-name both would be file " + quote(job.file));
  }
}

void read_destination(FetchOptions& options, const CommandLine& line) {
  refuse_if(line.has("output") && line.has("remote-name"),
            "--output, --remote-name: allowed is one of them");
  refuse_if(line.has("force") && !line.has("remote-name"),
            "--force: allowed only with --remote-name");
  if (options.json) options.bodies = BodiesTo::nowhere;
  line.each("output", [&](std::string_view value) {
    refuse_if(value.empty(), "the file's name is empty");
    if (value == "-") {
      refuse_if(options.json, "with --json the standard output is for what became of each URL");
      return;
    }
    if (value == "/dev/null") {  // where no file can be put, and nobody wants one
      options.bodies = BodiesTo::nowhere;
      return;
    }
    refuse_if(options.jobs.size() > 1, "allowed with one URL; --remote-name is for several");
    options.bodies = BodiesTo::files;
    options.existing = NewFile::Existing::replaced;
    options.jobs.front().file = value;
  });
  if (!line.has("remote-name")) return;
  options.bodies = BodiesTo::files;
  if (line.has("force")) options.existing = NewFile::Existing::replaced;
  name_files(options);
}

}  // namespace

std::span<const OptionSpec> fetch_option_table() noexcept { return kOptions; }

FetchOptions parse_fetch_options(int argc, const char* const* argv) {
  const CommandLine line(kOptions, argc, argv);
  FetchOptions options;
  options.answer = line.answer("sluice-fetch " SLUICE_VERSION_STRING, help_text);
  if (!options.answer.empty()) return options;
  read_values(options, line);
  refuse_if(options.insecure && !options.cacert.empty(),
            "--insecure, --cacert: allowed is one of them");
  read_urls(options, line);
  if (!options.parse) read_destination(options, line);
  return options;
}

}  // namespace sluice::tools::fetch
