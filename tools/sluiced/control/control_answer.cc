#include "control_answer.h"

#include <cstddef>
#include <utility>

namespace sluice::tools::daemon {

void ControlAnswer::add_text(std::string_view lines) {
  if (lines.ends_with('\n')) lines.remove_suffix(1);
  while (true) {
    const std::size_t end = lines.find('\n');
    bytes_ += ' ';
    bytes_ += lines.substr(0, end);
    bytes_ += '\n';
    if (end == lines.npos) return;
    lines.remove_prefix(end + 1);
  }
}

std::string ControlAnswer::take() {
  std::string bytes = std::exchange(bytes_, {});
  if (has_more()) return bytes;
  return bytes + (error_.empty() ? "ok\n" : "error: " + escape_prose(error_) + '\n');
}

void ControlAnswer::make_more() {
  if (source_ && !source_(*this)) source_ = nullptr;
}

}  // namespace sluice::tools::daemon
