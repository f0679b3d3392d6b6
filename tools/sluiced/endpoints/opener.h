// Opens for a process what it may not open itself.
//
// What it is: the services' view of a parent that has kept its privileges
// (privileges/worker_link.h). Most processes have none, and open everything themselves.
// Thread: the loop's. A call waits for the parent, which does nothing that takes long.
// Errors: std::system_error that names what cannot be opened.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_OPENER_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_OPENER_H

#include <cstdint>
#include <optional>
#include <string>

#include "../../../reactor/base/endpoint.h"
#include "../../../reactor/base/fd.h"
#include "../settings/log_settings.h"

namespace sluice::tools::daemon {

class Opener {
 public:
  // That of this process: there is one parent. Null if the process opens everything itself.
  [[nodiscard]] static Opener* of_process() noexcept { return slot(); }
  // REQUIRES: it outlives its use.
  static void set_of_process(Opener* opener) noexcept { slot() = opener; }

  // Bound at the endpoint and, unless over UDP, listening.
  [[nodiscard]] virtual Fd socket(const Endpoint& endpoint) = 0;
  // For reading.
  [[nodiscard]] virtual Fd file(const std::string& path) = 0;
  // To append to, or connected to syslog.
  [[nodiscard]] virtual Fd log(const LogTarget& target) = 0;
  // How many descriptors this process has open, if the system says it.
  [[nodiscard]] virtual std::optional<std::uint64_t> descriptors() noexcept = 0;
  // The file of a Unix socket: the opener sets its mode and removes it at the end; another daemon
  // does; it is removed now. Failures are ignored: the daemon serves without.
  virtual void own_file(const Endpoint& endpoint) noexcept = 0;
  virtual void leave_file(const Endpoint& endpoint) noexcept = 0;
  virtual void remove_file(const Endpoint& endpoint) noexcept = 0;

 protected:
  ~Opener() = default;

 private:
  static Opener*& slot() noexcept {
    static Opener* opener = nullptr;
    return opener;
  }
};

// The file of a Unix socket that the opener has bound: removed when this ends.
class OpenedFile {
 public:
  OpenedFile() = default;
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  ~OpenedFile() { remove(); }

  // Has the opener bind a socket of any scheme, and returns it. REQUIRES: there is an opener.
  [[nodiscard]] Fd open(const Endpoint& endpoint) {
    Fd bound = Opener::of_process()->socket(endpoint);
    if (endpoint.scheme() == Scheme::unix_stream) endpoint_ = endpoint;
    return bound;
  }
  // The file of a Unix socket that another daemon has bound. REQUIRES: there is an opener.
  void own(const Endpoint& endpoint) {
    endpoint_ = endpoint;
    Opener::of_process()->own_file(endpoint);
  }
  void leave() noexcept {
    if (endpoint_) Opener::of_process()->leave_file(*endpoint_);
    endpoint_.reset();
  }
  void remove() noexcept {
    if (endpoint_) Opener::of_process()->remove_file(*endpoint_);
    endpoint_.reset();
  }

 private:
  std::optional<Endpoint> endpoint_;
};

}  // namespace sluice::tools::daemon

#endif
