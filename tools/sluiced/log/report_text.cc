#include "report_text.h"

#include <string_view>

namespace sluice::tools::daemon {
namespace {

std::string_view name_of(Report::Kind kind) {
  switch (kind) {
    case Report::Kind::handler_threw:
      return "a handler threw";
    case Report::Kind::out_of_descriptors:
      return "out of descriptors";
    case Report::Kind::accept_resumed:
      return "accepting again";
    case Report::Kind::refused:
      return "refused";
    case Report::Kind::memory_limit:
      return "memory";
    case Report::Kind::slow_turn:
      return "slow turn";
    case Report::Kind::malformed:
      return "malformed";
    case Report::Kind::socket_error:
      break;
  }
  return "socket error";
}

}  // namespace

std::string text_of(const Report& report) {
  std::string text = report.where;
  text += ": ";
  text += name_of(report.kind);
  text += ": ";
  text += report.what;
  const std::string error = report.error ? report.error.message() : "";
  if (text.find(error) == text.npos) text += ": " + error;
  if (report.count > 1) text += " (" + std::to_string(report.count) + " times)";
  return text;
}

bool is_harmless(const Report& report) noexcept {
  return report.kind == Report::Kind::accept_resumed || report.kind == Report::Kind::slow_turn;
}

}  // namespace sluice::tools::daemon
