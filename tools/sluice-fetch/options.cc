#include "options.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"
#include "../common/duration.h"
#include "../common/list_file.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "file_name.h"

namespace sluice::tools::fetch {
namespace {

constexpr auto kMaxBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

constexpr std::array kOptions = {
    OptionSpec{"output", 'o', "FILE", "write the body to FILE; - is the standard output (-)"},
    OptionSpec{"remote-name", 'O', "", "name files after the last part of the URL's path"},
    OptionSpec{"force", 0, "", "replace existing files"},
    OptionSpec{"continue", 'C', "", "keep FILE.part, and continue from it"},
    OptionSpec{"input", 'i', "FILE", "read URLs from FILE; - is the input; repeatable", true},
    OptionSpec{"header", 'H', "NAME:VALUE", "send this header; repeatable", true},
    OptionSpec{"head", 'I', "", "print the heads of the answers, fetch no bodies"},
    OptionSpec{"post", 0, "FILE", "send the contents of FILE with POST"},
    OptionSpec{"compressed", 0, "", "ask for compressed bodies, and decompress them"},
    OptionSpec{"json", 0, "", "print each result as a JSON object on a line"},
    OptionSpec{"parallel", 0, "COUNT", "limit on simultaneous transfers (8)"},
    OptionSpec{"max-per-host", 0, "COUNT", "limit on transfers of one host (none)"},
    OptionSpec{"rate", 0, "BYTES", "limit on bytes a second in all (none)"},
    OptionSpec{"retries", 0, "COUNT", "retry what may succeed later (0)"},
    OptionSpec{"parse", 0, "", "print the parts of each URL and fetch nothing"},
    OptionSpec{"max-size", 0, "BYTES", "limit on the size of a body (none)"},
    OptionSpec{"timeout", 0, "DURATION", "limit on the time for each URL (off)"},
    OptionSpec{"redirects", 0, "COUNT", "limit on redirects to follow (10)"},
    OptionSpec{"allow-downgrade", 0, "", "follow redirects from https to http"},
    OptionSpec{"cacert", 0, "FILE", "trust these certificates instead of the system's"},
    OptionSpec{"insecure", 0, "", "do not verify certificates"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

std::string help_text() {
  return "Usage: sluice-fetch [OPTION]... URL...\n"
         "Fetches http:// and https:// URLs; without a scheme, it is https.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "See sluice-fetch(1).\n";
}

void refuse_if(bool wrong, const std::string& message) {
  if (wrong) throw UsageError(message);
}

// "NAME: VALUE" in the form that libcurl sends also without a value.
std::string parse_header(std::string_view text) {
  constexpr std::string_view kNames =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  refuse_if(colon == text.npos || name.empty() || name.find_first_not_of(kNames) != name.npos,
            "header " + quote(text) + " has no valid name before a colon; allowed: NAME:VALUE");
  std::string_view value = text.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; };
  refuse_if(std::any_of(value.begin(), value.end(), is_control),
            "header " + quote(text) + " has a control character");
  return std::string(name) + (value.empty() ? ";" : ": " + std::string(value));
}

void read_values(FetchOptions& options, const CommandLine& line) {
  line.each("parallel", [&](std::string_view value) {
    options.parallel =
        static_cast<std::size_t>(parse_number("count", value, 1, FetchOptions::kMaxParallel));
  });
  line.each("max-size", [&](std::string_view value) {
    options.max_size = parse_number("bytes", value, 1, kMaxBytes);
  });
  line.each("timeout",
            [&](std::string_view value) { options.timeout = parse_timeout("duration", value); });
  line.each("redirects", [&](std::string_view value) {
    options.redirects =
        static_cast<long>(parse_number("count", value, 0, FetchOptions::kMaxRedirects));
  });
  line.each("max-per-host", [&](std::string_view value) {
    options.max_per_host =
        static_cast<std::size_t>(parse_number("count", value, 1, FetchOptions::kMaxParallel));
  });
  line.each("rate", [&](std::string_view value) {
    options.rate = parse_number("bytes", value, FetchOptions::kMinRate, kMaxBytes);
  });
  line.each("retries", [&](std::string_view value) {
    options.retries =
        static_cast<unsigned>(parse_number("count", value, 0, FetchOptions::kMaxRetries));
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

// The options about the request, and about the parts of the answer to keep.
void read_request(FetchOptions& options, const CommandLine& line) {
  options.compressed = line.has("compressed");
  options.head = line.has("head");
  options.resume = line.has("continue");
  options.allow_downgrade = line.has("allow-downgrade");
  line.each("header",
            [&](std::string_view value) { options.headers.push_back(parse_header(value)); });
  line.each("post", [&](std::string_view value) {
    refuse_if(value.empty(), "the file's name is empty");
    options.post = value;
  });
  line.refuse_both("head", "post");
  line.refuse_both("continue", "post");
  line.refuse_both("continue", "compressed");
  for (const char* const other : {"output", "remote-name"}) line.refuse_both("head", other);
}

void add_url(FetchOptions& options, std::string_view text) {
  Url url = parse_url(options.parse || has_scheme(text) ? std::string(text)
                                                        : "https://" + std::string(text));
  refuse_if(!options.parse && !url.can_be_fetched(),
            "URL " + quote(url.shown) + ": scheme " + quote(url.scheme) + " is not http or https");
  refuse_if(options.jobs.size() == FetchOptions::kMaxUrls,
            "more than " + std::to_string(FetchOptions::kMaxUrls) + " URLs");
  options.jobs.push_back({std::move(url), {}});
}

void read_urls(FetchOptions& options, const CommandLine& line) {
  refuse_if(line.operands().empty() && !line.has("input"),
            "the URL is missing; allowed: http:// and https:// URLs");
  for (const std::string& operand : line.operands()) add_url(options, operand);
  line.each("input", [&](std::string_view file) {
    refuse_if(file.empty(), "the name is empty; allowed: a file, or - for the standard input");
    read_list(
        std::string(file), [&](std::string_view url) { add_url(options, url); },
        Comments::between_words);
  });
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
  refuse_if(options.resume && !line.has("output") && !line.has("remote-name"),
            line.spelled("continue") + ": valid only with --output FILE or --remote-name");
  if (options.json) options.bodies = BodiesTo::nowhere;
  line.each("output", [&](std::string_view value) {
    refuse_if(value.empty(), "the file's name is empty");
    if (value == "-") {
      refuse_if(options.json,
                "cannot be combined with --json, which writes the results to the standard output");
      options.raw = true;
      return;
    }
    refuse_if(options.resume && value == "/dev/null", "not valid with --continue");
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
  read_request(options, line);
  read_urls(options, line);
  if (!options.parse) read_destination(options, line);
  return options;
}

}  // namespace sluice::tools::fetch
