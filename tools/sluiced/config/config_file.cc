#include "config_file.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/base/text/quote.h"
#include "config_faults.h"
#include "config_reader.h"

namespace sluice::tools::daemon {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

// Nothing, and a fault at `place` of the current file, or for the file itself without a place.
std::optional<ConfigText> read_file(const std::string& path, const TomlPlace& place,
                                    ConfigFaults& faults) {
  const auto fault = [&](const std::string& why) {
    faults.add(place, (place == TomlPlace() ? "" : quote(path) + ' ') + why);
    return std::optional<ConfigText>();
  };
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not wait
  if (!file) return fault("cannot be opened: " + reason(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fault("cannot be read: " + reason(errno));
  if (!S_ISREG(status.st_mode)) return fault("is not a regular file");
  ConfigText config{path, ""};
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fault("cannot be read: " + reason(errno));
    if (count == 0) return config;
    config.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (config.text.size() > kMaxConfigFile) {
      return fault("has more than " + std::to_string(kMaxConfigFile) + " bytes");
    }
  }
}

class Matches {
 public:
  explicit Matches(const std::string& pattern) : status_(::glob(pattern.c_str(), 0, {}, &found_)) {}
  Matches(const Matches&) = delete;
  Matches& operator=(const Matches&) = delete;
  ~Matches() { ::globfree(&found_); }

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] std::vector<std::string> paths() const {
    return {found_.gl_pathv, found_.gl_pathv + found_.gl_pathc};
  }

 private:
  glob_t found_{};
  int status_;
};

std::vector<ConfigText> read_matches(const std::string& pattern, const TomlPlace& place,
                                     ConfigFaults& faults) {
  const Matches matches(pattern);
  std::vector<ConfigText> texts;
  if (matches.status() == GLOB_NOMATCH) {
    const bool is_a_name = pattern.find_first_of("*?[") == pattern.npos;
    if (is_a_name) faults.add(place, quote(pattern) + " cannot be opened: " + reason(ENOENT));
    return texts;
  }
  if (matches.status() != 0) {
    faults.add(place, quote(pattern) + " cannot be searched: " +
                          reason(matches.status() == GLOB_NOSPACE ? ENOMEM : EIO));
    return texts;
  }
  const std::vector<std::string> paths = matches.paths();
  if (paths.size() > kMaxIncludedFiles) {
    faults.add(place, quote(pattern) + " matches " + std::to_string(paths.size()) +
                          " files; allowed: at most " + std::to_string(kMaxIncludedFiles));
    return texts;
  }
  for (const std::string& path : paths) {
    if (auto text = read_file(path, place, faults)) texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace

Config load_config(const std::string& path, const Settings& defaults) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  const auto included = [&directory](const std::string& pattern, const TomlPlace& place,
                                     ConfigFaults& faults) {
    return read_matches(pattern.starts_with('/') ? pattern : directory + pattern, place, faults);
  };
  ConfigFaults faults;
  faults.set_file(path);
  Config config;
  if (const auto text = read_file(path, {}, faults)) {
    config = read_config(*text, included, defaults, faults);
  }
  if (!faults.empty()) throw ConfigError(faults.lines());
  return config;
}

}  // namespace sluice::tools::daemon
