#include "terminal.h"

#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string_view>

namespace sluice::tools {

bool is_dumb_terminal() noexcept {
  const char* const term = std::getenv("TERM");
  const std::string_view name = term == nullptr ? "" : term;
  return name.empty() || name == "dumb";
}

bool has_colours(int fd) noexcept {
  const char* const none = std::getenv("NO_COLOR");
  return (none == nullptr || *none == 0) && !is_dumb_terminal() && ::isatty(fd) == 1;
}

bool is_in_background() noexcept {
  const pid_t foreground = ::tcgetpgrp(STDIN_FILENO);
  return foreground >= 0 && foreground != ::getpgrp();
}

void use_character_set() noexcept {
  if (std::setlocale(LC_CTYPE, "") == nullptr ||
      std::string_view(::nl_langinfo(CODESET)) == "ANSI_X3.4-1968") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
}

}  // namespace sluice::tools
