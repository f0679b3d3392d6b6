#include "connection_log.h"

#include <exception>

#include "endpoints/socket_keys.h"

namespace sluice::tools::daemon {
namespace {

// No peer has this address.
const Address& unix_peers() {
  static const Address address = Address::any(AF_INET, 0);
  return address;
}

}  // namespace

ConnectionLog::ConnectionLog(Loop& loop, Log& log)
    : loop_(loop), log_(log), summary_(loop, [this] { say_what_was_left_out(); }) {}

ConnectionLog::~ConnectionLog() { say_what_was_left_out(); }

void ConnectionLog::closed(const ListenSpec& spec, const Endpoint& endpoint,
                           const ConnectionEnd& connection) noexcept {
  if (!on_) return;
  try {
    const Address& peer = connection.peer;
    const Address& source = peer.is_ip() ? peer : unix_peers();
    if (limits_.take(source, loop_.now()) != AnswerLimits::Verdict::allowed) {
      ++left_out_;
      latest_ = peer.is_ip() ? peer.host() : "a Unix peer";
      if (!summary_.running()) summary_.start(kSummary);
      return;
    }
    std::string line = "closed: service=" + service_name(spec);
    line += " endpoint=" + spec.written(endpoint) + " peer=" + connection.peer_name;
    line += " in=" + std::to_string(connection.bytes_in);
    line += " out=" + std::to_string(connection.bytes_out);
    line += " seconds=" + std::to_string(connection.age.count());
    line.append(" reason=\"").append(to_string(connection.reason)).append("\"");
    log_.info(line);
  } catch (const std::exception&) {
    ++left_out_;
  }
}

void ConnectionLog::say_what_was_left_out() noexcept {
  if (left_out_ == 0) return;
  try {
    log_.warning("closed: " + std::to_string(left_out_) +
                 " more connections were not logged, the latest of " + latest_);
    left_out_ = 0;
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the next one says it
  }
}

}  // namespace sluice::tools::daemon
