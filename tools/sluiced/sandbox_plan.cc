#include "sandbox_plan.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "endpoints/tls_keys.h"
#include "sandbox/program_files.h"
#include "services/chat_core.h"
#include "services/service_kinds.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::uint16_t kDomain = 53;  // DNS over TCP

// What a look-up of a host, a port or a group reads, and where /etc's links lead.
constexpr const char* kNames[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf",
                                  "/run/NetworkManager"};
// A look-up of an account reads these: at an upgrade, without a configuration file too.
constexpr const char* kAccounts[] = {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf"};
// Where later configurations may have sockets and logs, if these folders are there.
constexpr const char* kOfSockets = "/run/sluiced";
constexpr const char* kOfLogs = "/var/log/sluiced";
constexpr const char* kOfTerminals[] = {"/etc/terminfo",       "/lib/terminfo",
                                        "/usr/share/terminfo", "/usr/lib/terminfo",
                                        "/usr/lib/locale",     "/usr/share/locale"};

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

class Paths {
 public:
  void add(std::string path, PathUse use) {
    PathRule rule{std::move(path), use};
    if (std::find(rules_.begin(), rules_.end(), rule) == rules_.end()) {
      rules_.push_back(std::move(rule));
    }
  }
  // The folder that the file is in, and the one that a link leads to.
  void add_folder_of(const std::string& path, PathUse use) {
    add(folder_of(path), use);
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
    if (real != nullptr) add(folder_of(real.get()), use);
  }
  [[nodiscard]] std::vector<PathRule> take() noexcept { return std::move(rules_); }

 private:
  std::vector<PathRule> rules_;
};

// Before its first wildcard, a pattern names folders.
std::string folder_of_pattern(const std::string& file, const std::string& pattern) {
  const std::string whole = pattern.starts_with('/') ? pattern : folder_of(file) + '/' + pattern;
  return folder_of(std::string_view(whole).substr(0, whole.find_first_of("*?[")));
}

void add_configuration(Paths& paths, const Options& options) {
  paths.add_folder_of(options.file, PathUse::read);
  for (const std::string& pattern : options.include) {
    paths.add(folder_of_pattern(options.file, pattern), PathUse::read);
  }
  for (const char* path : kNames) paths.add(path, PathUse::read);
  paths.add(folder_of(options.file), PathUse::sockets);
  paths.add(kOfSockets, PathUse::sockets);
  paths.add(kOfLogs, PathUse::log);
}

void add_sockets(Paths& paths, const Options& options) {
  if (options.control.socket) {
    paths.add(folder_of(options.control.socket->address().path()), PathUse::sockets);
  }
  for (const ListenSpec& spec : options.listen) {
    if (spec.scheme() == Scheme::unix_stream) {
      paths.add(folder_of(spec.endpoint().address().path()), PathUse::sockets);
    }
    for (const Key* key : kind_of(spec).keys) {
      const auto value = spec.settings.value(*key);
      const auto* address = value ? std::get_if<Address>(&*value) : nullptr;
      if (address != nullptr && address->is_unix()) {
        paths.add(folder_of(address->path()), PathUse::sockets);
      }
    }
  }
}

// They are read again at each reload. A renewal may replace a file, or the link to it.
void add_files_of_services(Paths& paths, const Options& options) {
  for (const ListenSpec& spec : options.listen) {
    for (const std::string& path : tls_files(spec.settings)) {
      paths.add_folder_of(path, PathUse::read);
    }
    if (const auto path = greeting_file(spec)) paths.add_folder_of(*path, PathUse::read);
    for (const RoomLogFile& file : room_log_files(spec.settings)) {
      paths.add_folder_of(file.path, PathUse::log);
    }
  }
}

void add_program(Paths& paths) {
  for (const ProgramFile& file : program_files()) {
    paths.add_folder_of(file.path, file.executed ? PathUse::execute : PathUse::read);
  }
  paths.add("/etc/ld.so.cache", PathUse::read);
  paths.add("/proc/self", PathUse::read);
  paths.add("/etc/localtime", PathUse::read);
  paths.add("/usr/share/zoneinfo", PathUse::read);
}

bool writes_to_files(const Options& options) {
  const bool logs_rooms =
      std::any_of(options.listen.begin(), options.listen.end(),
                  [](const ListenSpec& spec) { return !room_log_files(spec.settings).empty(); });
  return !options.file.empty() || logs_rooms || options.log.to.kind == LogTarget::Kind::file ||
         is_regular_file(STDOUT_FILENO) || is_regular_file(STDERR_FILENO);
}

void allow_bus(SandboxPlan& plan, const Options& options) {
  if (options.bus.url.empty()) return;
  plan.landlock.connect_tcp.push_back(parse_bus_url(options.bus.url).address.port());
}

}  // namespace

SandboxPlan plan_for_worker(const Options& options) {
  SandboxPlan plan;
  // Threads count as processes there; the list of system calls still forbids others.
  const bool threads = options.workers != 1;
  plan.limits = {.no_processes = !threads, .no_file_growth = !writes_to_files(options)};
  plan.landlock.may_bind_tcp = false;
  plan.system_calls = {
      .opens = false, .executes = false, .threads = threads, .connects = !options.bus.url.empty()};
  allow_bus(plan, options);
  return plan;
}

SandboxPlan plan_for_one_process(const Options& options) {
  SandboxPlan plan;
  plan.limits.no_file_growth = !writes_to_files(options);
  Paths paths;
  add_program(paths);
  if (!options.file.empty()) {
    add_configuration(paths, options);
    plan.landlock.connect_tcp = {kDomain};
  }
  allow_bus(plan, options);
  for (const std::string& path : {options.bus.secret_file, options.bus.ca_file}) {
    if (!path.empty()) paths.add_folder_of(path, PathUse::read);
  }
  if (options.log.to.kind == LogTarget::Kind::file) {
    paths.add_folder_of(options.log.to.path, PathUse::log);
  }
  if (options.user) {
    for (const char* path : kAccounts) paths.add(path, PathUse::read);
  }
  if (options.console) {
    for (const char* path : kOfTerminals) paths.add(path, PathUse::read);
    if (const char* const home = std::getenv("HOME")) {
      paths.add(home + std::string("/.editrc"), PathUse::read);
    }
  }
  add_sockets(paths, options);
  add_files_of_services(paths, options);
  plan.landlock.paths = paths.take();
  return plan;
}

}  // namespace sluice::tools::daemon
