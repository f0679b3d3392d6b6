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
    OptionSpec{"output", 'o', "FILE", "write the body to FILE; - is the standard output (-)"},
    OptionSpec{"remote-name", 'O', "", "name files after the last part of the URL's path"},
    OptionSpec{"force", 0, "", "replace existing files"},
    OptionSpec{"json", 0, "", "print each result as a JSON object on a line"},
    OptionSpec{"parallel", 0, "COUNT", "limit on simultaneous transfers (8)"},
    OptionSpec{"parse", 0, "", "print the parts of each URL and fetch nothing"},
    OptionSpec{"max-size", 0, "BYTES", "limit on the size of a body (none)"},
    OptionSpec{"timeout", 0, "DURATION", "limit on the time for each URL (off)"},
    OptionSpec{"redirects", 0, "COUNT", "limit on redirects to follow (10)"},
    OptionSpec{"cacert", 0, "FILE", "trust these certificates instead of the system's"},
    OptionSpec{"insecure", 0, "", "do not verify certificates"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

std::string help_text() {
  return "Usage: sluice-fetch [OPTION]... URL...\n"
         "Fetches http:// and https:// URLs.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "See sluice-fetch(1).\n";
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
  refuse_if(line.operands().empty(), "the URL is missing; allowed: http:// and https:// URLs");
  for (const std::string& operand : line.operands()) {
    Url url = parse_url(operand);
    refuse_if(
        !options.parse && !url.can_be_fetched(),
        "URL " + quote(url.shown) + ": scheme " + quote(url.scheme) + " is not http or https");
    options.jobs.push_back({std::move(url), {}});
  }
}

void name_files(FetchOptions& options, const CommandLine& line) {
  std::map<std::string, const Url*> names;
  for (FetchJob& job : options.jobs) {
    job.file = file_name_of(job.url);
    const auto [other, is_new] = names.emplace(job.file, &job.url);
    refuse_if(!is_new, "URLs " + quote(other->second->shown) + " and " + quote(job.url.shown) +
                           " would both be written to file " + quote(job.file) + " with " +
                           line.spelled("remote-name"));
  }
}

void read_destination(FetchOptions& options, const CommandLine& line) {
  line.refuse_both("output", "remote-name");
  refuse_if(line.has("force") && !line.has("remote-name"),
            "--force: valid only with --remote-name");
  if (options.json) options.bodies = BodiesTo::nowhere;
  line.each("output", [&](std::string_view value) {
    refuse_if(value.empty(), "the file's name is empty");
    if (value == "-") {
      refuse_if(options.json,
                "cannot be combined with --json, which writes the results to the standard output");
      options.raw = true;
      return;
    }
    if (value == "/dev/null") {  // where no file can be put, and nobody wants one
      options.bodies = BodiesTo::nowhere;
      return;
    }
    refuse_if(options.jobs.size() > 1, "valid with one URL only; use --remote-name for several");
    options.bodies = BodiesTo::files;
    options.existing = NewFile::Existing::replaced;
    options.jobs.front().file = value;
  });
  if (!line.has("remote-name")) return;
  options.bodies = BodiesTo::files;
  if (line.has("force")) options.existing = NewFile::Existing::replaced;
  name_files(options, line);
}

}  // namespace

std::span<const OptionSpec> fetch_option_table() noexcept { return kOptions; }

FetchOptions parse_fetch_options(int argc, const char* const* argv) {
  const CommandLine line(kOptions, argc, argv);
  FetchOptions options;
  options.answer = line.answer("sluice-fetch " SLUICE_VERSION_STRING, help_text);
  if (!options.answer.empty()) return options;
  read_values(options, line);
  line.refuse_both("insecure", "cacert");
  read_urls(options, line);
  if (!options.parse) read_destination(options, line);
  return options;
}

}  // namespace sluice::tools::fetch
