// The worker's end of the socket pairs to its parent (request.h).
//
// What it is: the Opener of a process without rights, and what else it asks of its parent: to send
// its reports to the service manager, to start another program at an upgrade, and to read the
// configuration again.
// Thread: one.
// Errors: a request throws std::system_error with the parent's errno; ETIMEDOUT after kPatience,
// EPIPE if the parent has ended, EPROTO if it does not answer as it should.
#ifndef SLUICE_TOOLS_SLUICED_PRIVILEGES_WORKER_LINK_H
#define SLUICE_TOOLS_SLUICED_PRIVILEGES_WORKER_LINK_H

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "../../../reactor/base/fd.h"
#include "../endpoints/opener.h"
#include "../upgrade/upgrade.h"
#include "request.h"

namespace sluice::tools::daemon {

class WorkerLink final : public Opener {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  // Messages of the parent that are not answers.
  struct Handlers {
    std::function<void(int number)> on_signal;
    // The result of reload(): the text of the configuration, or of its faults.
    std::function<void(bool ok, const std::string& text)> on_configuration;
  };

  WorkerLink(Fd requests, Fd notices);
  WorkerLink(const WorkerLink&) = delete;
  WorkerLink& operator=(const WorkerLink&) = delete;
  ~WorkerLink() = default;

  // Readable when the parent has said something.
  [[nodiscard]] int notices() const noexcept { return notices_.get(); }
  // One thing, if there is any. False if the parent has ended.
  bool receive_notice(const Handlers& handlers);

  // Opener
  [[nodiscard]] Fd socket(const Endpoint& endpoint) override;
  [[nodiscard]] Fd file(const std::string& path) override;
  [[nodiscard]] Fd log(const LogTarget& target) override;
  [[nodiscard]] std::optional<std::uint64_t> descriptors() noexcept override;
  void own_file(const Endpoint& endpoint) noexcept override;
  void leave_file(const Endpoint& endpoint) noexcept override;
  void remove_file(const Endpoint& endpoint) noexcept override;

  // What sd_notify(3) sends.
  void notify(const std::string& message) noexcept;
  // Starts the program of the parent, which is this one.
  [[nodiscard]] Launcher launcher();
  // The program that was started takes the place of this one.
  void main_process() noexcept { tell(RequestKind::main_process); }

  void reload();
  // What on_configuration() got is in use, or is not.
  void configured(bool is_used) noexcept {
    tell(is_used ? RequestKind::configured : RequestKind::unchanged);
  }

 private:
  struct Result {
    std::int32_t value;
    Fd fd;
  };

  Result ask(RequestKind kind, std::string_view text, int fd = -1);
  // The same, and ignores a failure.
  void tell(RequestKind kind, std::string_view text = {}) noexcept;
  Fd open(RequestKind kind, const std::string& name, const std::string& what);
  Result receive_answer(std::uint32_t number);

  Fd requests_;
  Fd notices_;
  std::uint32_t number_ = 0;
};

}  // namespace sluice::tools::daemon

#endif
