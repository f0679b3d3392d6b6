// In words: why a StreamSession has no connection, or has one no more.
#include <string>

#include "dialogues/dialogue.h"
#include "stream_session.h"

namespace sluice::tools::talk {
namespace {

// What was found out about an address before its time was over.
bool has_reason(const ConnectFailure& failure, bool timed_out) {
  if (failure.error == std::errc::operation_canceled) return false;
  return !timed_out || failure.error != std::errc::timed_out;
}

}  // namespace

// With several addresses each is named.
void StreamSession::on_failed(const ConnectError& error) {
  const std::string who =
      name_ + ": " + (options_.tunnel ? "proxy " + options_.tunnel->request.proxy + ": " : "");
  std::string reasons;
  for (const ConnectFailure& failure : error.failures) {
    if (!has_reason(failure, error.timed_out)) continue;
    if (!reasons.empty()) reasons += "; ";
    if (error.failures.size() > 1) reasons += failure.address.to_string() + ": ";
    if (failure.call == "bind") reasons += "bind " + options_.bind->to_string() + ": ";
    reasons += failure.error.message();
  }
  if (!error.timed_out) {
    return events_.on_closed({ExitStatus::failed, who + reasons});
  }
  std::string why = "no connection within " + std::to_string(options_.silence.count()) + " ms";
  if (!reasons.empty()) why += " (" + reasons + ")";
  events_.on_closed({ExitStatus::timed_out, who + why});
}

Outcome StreamSession::outcome_of(std::error_code reason, const Connection& connection) const {
  const std::string within = std::to_string(options_.silence.count()) + " ms";
  const Dialogue* const dialogue = unfinished_dialogue(connection);
  std::string who = name_ + ": ";
  if (dialogue != nullptr && !dialogue->speaker().empty()) who += dialogue->speaker() + ": ";
  if (!fault_.empty()) return {ExitStatus::failed, who + fault_};
  if (reason == CloseReason::idle_timeout) {
    return {ExitStatus::timed_out, who + "nothing was sent or received for " + within};
  }
  if (reason == CloseReason::open_timeout || reason == CloseReason::message_timeout) {
    if (dialogue != nullptr && !dialogue->speaker().empty()) {
      return {ExitStatus::timed_out, who + "no connection to the endpoint within " + within};
    }
    const char* const kind = reason == CloseReason::open_timeout ? "TLS" : "WebSocket";
    return {ExitStatus::timed_out, who + "no " + kind + " handshake within " + within};
  }
  if (!reason || all_sent_) return {};
  if (dialogue != nullptr && !dialogue->fault().empty()) {
    return {ExitStatus::failed, who + dialogue->fault()};
  }
  return {ExitStatus::failed,
          who + (options_.tls && (dialogue == nullptr || dialogue->speaker().empty())
                     ? options_.tls->explain(reason)
                     : reason.message())};
}

}  // namespace sluice::tools::talk
