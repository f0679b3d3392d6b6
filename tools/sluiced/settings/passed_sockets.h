// The sockets that a service manager has passed to this process, each with a name.
//
//   echo=fd:web       the socket "web"; all of them if several have the name
//   echo=fd:web:2     the second one of those
//
// What it is: the receiving side of systemd's socket activation. The descriptors are LISTEN_FDS in
// number and begin with kFirst; LISTEN_FDNAMES has their names, and LISTEN_PID says whom they are
// for. Each stays open while the process runs: a service gets a duplicate.
// Thread: the main one. Errors: UsageError, which says what was read and what is allowed.
// Source: sd_listen_fds(3).
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_PASSED_SOCKETS_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_PASSED_SOCKETS_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../../reactor/base/endpoint.h"
#include "../../../reactor/base/fd.h"

namespace sluice::tools::daemon {

class PassedSockets {
 public:
  static constexpr std::string_view kPrefix = "fd:";
  static constexpr int kFirst = 3;
  static constexpr std::size_t kMaxSockets = 4096;
  static constexpr std::string_view kNoName = "unknown";  // of a socket whose name was not passed

  struct Socket {
    std::string name;
    Fd fd;
  };
  struct Found {
    int descriptor;
    Endpoint endpoint;
  };

  PassedSockets() = default;
  PassedSockets(const PassedSockets&) = delete;
  PassedSockets& operator=(const PassedSockets&) = delete;

  // Those of this process: there is one environment.
  static PassedSockets& of_process() noexcept;

  // Takes the sockets that the environment names, and removes the variables, so that no other
  // program inherits them. REQUIRES: the process has opened no descriptor above 2 yet.
  void read_environment();
  void add(std::string name, Fd fd);

  [[nodiscard]] static bool is_reference(std::string_view endpoint) noexcept {
    return endpoint.starts_with(kPrefix);
  }
  // A reference to each socket that `endpoint` names. Returns any other text unchanged, and also a
  // reference that find() rejects.
  [[nodiscard]] std::vector<std::string> expand(std::string_view endpoint) const;
  // The same for the endpoint in the text of an -l.
  [[nodiscard]] std::vector<std::string> expand_listen(std::string_view text) const;
  // Throws UsageError if no socket has the name, or it is one that nothing can be served on.
  // REQUIRES: is_reference().
  [[nodiscard]] Found find(std::string_view reference) const;

  [[nodiscard]] std::span<const Socket> all() const noexcept { return sockets_; }
  // How a configuration refers to one of all().
  [[nodiscard]] std::string reference_to(const Socket& socket) const;

 private:
  [[nodiscard]] std::vector<const Socket*> named(std::string_view name) const;
  [[nodiscard]] std::string names() const;

  std::vector<Socket> sockets_;
};

}  // namespace sluice::tools::daemon

#endif
