// The addresses of the hosts that are named in what is to be served.
//
// All names are looked up at once, before anything is bound. A spec whose host is a name becomes
// one for each address; its settings stay as they were read.
// Errors: std::runtime_error that names the endpoint and the reason; UsageError if the settings are
// not valid at an address.
#ifndef SLUICE_TOOLS_SLUICED_LISTEN_NAMES_H
#define SLUICE_TOOLS_SLUICED_LISTEN_NAMES_H

#include <cstddef>
#include <exception>
#include <functional>
#include <system_error>
#include <vector>

#include "../../reactor/loop/timer.h"
#include "../../reactor/names/resolver.h"
#include "settings/listen_spec.h"

namespace sluice::tools::daemon {

// Whether there is anything to look up.
[[nodiscard]] bool has_names(const std::vector<ListenSpec>& specs) noexcept;

// Waits on a private loop: nothing else is served meanwhile. The result has the same order. If no
// host is a name, there is no resolver.
std::vector<ListenSpec> look_up_names(std::vector<ListenSpec> specs,
                                      const ResolverOptions& options = {});

// On a loop that serves meanwhile.
// Lifetime: must be destroyed before the loop, and not by `done`; `done` then does not run.
// Thread: the loop's.
class NameLookup {
 public:
  // With the specs, or with what look_up_names() would have thrown.
  using Done = std::function<void(std::vector<ListenSpec> specs, std::exception_ptr error)>;

  // `done` runs in a turn to come. Throws std::system_error, as Resolver.
  NameLookup(Loop& loop, std::vector<ListenSpec> specs, Done done,
             const ResolverOptions& options = {});
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup() = default;

 private:
  struct Answer {
    std::error_code error;
    std::vector<Address> addresses;
  };
  void finish();
  [[nodiscard]] std::vector<ListenSpec> found() const;

  std::vector<ListenSpec> specs_;
  std::vector<Answer> answers_;  // for each spec; empty for an address
  std::size_t left_;             // names that are not looked up yet
  Done done_;
  Timer finished_;
  Resolver resolver_;
};

}  // namespace sluice::tools::daemon

#endif
