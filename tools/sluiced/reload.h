// Reads the configuration again, and serves what it says now: all of it, or nothing changes.
//
// What it is: the steps of a reload. The whole configuration is read and checked; names are looked
// up while the services go on; new endpoints are bound; then the services are replaced
// (ServiceSet::replace()). The result is text, for the log or for the control socket.
// Lifetime: must be destroyed before the services and the loop. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_RELOAD_H
#define SLUICE_TOOLS_SLUICED_RELOAD_H

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "listen_names.h"
#include "options.h"
#include "services/service_set.h"

namespace sluice::tools::daemon {

// What an exception says, a line for each fault.
std::vector<std::string> lines_of(const std::exception_ptr& error);

class Reload {
 public:
  struct Result {
    bool ok = false;                 // else nothing has changed
    std::vector<std::string> lines;  // what was done, or each error
  };
  using Done = std::function<void(const Result& result)>;

  // With the options, or with what is wrong with them.
  using Loaded = std::function<void(Options next, const std::exception_ptr& error)>;

  // What the daemon does beside the services.
  struct Steps {
    // Reads the configuration in place of this process, and runs `loaded` in a turn to come. May be
    // empty. Throws std::exception.
    std::function<void(Loaded loaded)> load;
    // Opens what is not a service, before any of these changes. Throws std::exception, and then
    // nothing has changed.
    std::function<void(const Options& next)> prepare;
    // The services have been replaced. Returns what cannot change while the daemon runs, and so
    // stays as it was, such as "control".
    std::function<std::vector<std::string>(const Options& next)> apply;
    // What to say when the system denies something: a sandbox may be the reason. May be empty.
    std::function<std::string()> explain_denial;
    // Gets a line about what fails after that.
    std::function<void(const std::string& line)> warn;
  };

  // `command_line` is what the daemon was started with.
  Reload(Loop& loop, ServiceSet& services, Options command_line, Steps steps);
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;
  ~Reload() = default;

  // Runs `done` when it is over: before this returns, unless a name has to be looked up. While one
  // reload is under way the next one waits, and all that come until then are one. Never throws:
  // without memory the result is not ok, and may have no line. REQUIRES: `done` neither calls
  // start() nor throws.
  void start(Done done) noexcept;
  [[nodiscard]] bool is_running() const noexcept { return !asked_.empty(); }
  // No reload ends, and none begins, from now on.
  void stop() noexcept;

 private:
  void begin() noexcept;
  void load();
  void replace(std::vector<ListenSpec> specs, const std::exception_ptr& error) noexcept;
  void describe_failure(Result& result) const noexcept;
  void finish(const Result& result) noexcept;

  Loop& loop_;
  ServiceSet& services_;
  Options command_line_;
  Steps steps_;
  Options next_;
  std::vector<Done> asked_;    // of the reload that is under way
  std::vector<Done> waiting_;  // of the one after it
  std::unique_ptr<NameLookup> names_;
  bool stopped_ = false;
};

}  // namespace sluice::tools::daemon

#endif
