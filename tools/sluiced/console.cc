#include "console.h"

#include <unistd.h>

#include <csignal>
#include <string>

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kPublish = "/publish ";

}  // namespace

DaemonConsole::DaemonConsole(Loop& loop, Log& log, Service* talks, Service* publishes)
    : log_(log),
      talks_(talks),
      publishes_(publishes),
      output_(
          loop, STDOUT_FILENO, [] {},
          [this](std::error_code error) {
            log_.warning("console: cannot write to the standard output: " + error.message());
          }),
      input_(
          loop, [this](std::string_view line) { on_line(line); }, [this] { leave(); },
          {.prompt = "",
           .raw = false,
           .max_line = 64 * 1024,
           .goes_on_in_background = true,
           .failed =
               [this](const std::string& why) {
                 log_.warning("console: " + why);
                 close_services();
               }}),
      stop_key_(loop, SIGTSTP, [this] { on_stop_key(); }) {
  for (Service* service : {talks_, publishes_}) {
    if (service != nullptr) service->open_console(*this);
  }
}

DaemonConsole::~DaemonConsole() { close_services(); }

void DaemonConsole::stop() noexcept {
  input_.stop();
  close_services();
}

void DaemonConsole::release(const Service& service) noexcept {
  if (!open_) return;
  if (&service == publishes_ && talks_ != nullptr) {
    publishes_->close_console();
    publishes_ = nullptr;
  } else if (&service == talks_ || &service == publishes_) {
    leave();
  }
}

void DaemonConsole::close_services() noexcept {
  if (!open_) return;
  open_ = false;
  for (Service* service : {talks_, publishes_}) {
    if (service != nullptr) service->close_console();
  }
}

void DaemonConsole::on_line(std::string_view line) {
  if (!open_) return;
  if (talks_ == nullptr) {
    if (!line.empty()) publishes_->console_line(line);
  } else if (publishes_ != nullptr && line.starts_with(kPublish)) {
    publishes_->console_line(line.substr(kPublish.size()));
  } else {
    talks_->console_line(line);
  }
}

// A daemon that is stopped would leave its peers waiting.
void DaemonConsole::on_stop_key() {
  if (!open_) return log_.info("SIGTSTP: ignored; the services go on");
  print(
      "* Ctrl-Z is ignored: the services go on. Ctrl-D ends the console, Ctrl-C stops the "
      "daemon.\n");
}

void DaemonConsole::print(std::string_view text) noexcept {
  try {
    if (input_.editing()) {
      input_.print(text);
    } else if (!output_.full()) {
      output_.write(text);
    }
  } catch (...) {
    log_.warning("console: a line was dropped: out of memory");
  }
}

// Only stop() here, which is legal inside of the input's own callbacks.
void DaemonConsole::leave() noexcept {
  log_.info("console: closed");
  stop();
}

}  // namespace sluice::tools::daemon
