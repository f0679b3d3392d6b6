#include "verdicts.h"

#include <cerrno>
#include <cstring>

#include <sluice/resolver.h>

namespace sluice::faults {
namespace {

Call call_of(const Page& page) { return static_cast<Call>(page.call); }
int error_of(const Page& page) { return static_cast<int>(page.error); }

// What nobody may notice, but for the time that it takes.
bool is_harmless(const Page& page) {
  if (page.struck == 0) return true;
  const int error = error_of(page);
  // To connect() it says that no port is left.
  if (error == EAGAIN && call_of(page) == Call::connect) return false;
  if (error == kShort || error == EAGAIN || error == EINTR) return true;
  switch (call_of(page)) {
    case Call::close:
    case Call::epoll_wait:
    case Call::getsockname:
    case Call::setsockopt:
    case Call::lstat:
    case Call::unlink:
    case Call::open:
      return true;
    default:
      return false;
  }
}

// The peer of a stream has reset it, says shutdown(), and the next read says so, too.
bool is_reset_by_peer(const Page& page) {
  return page.struck != 0 && call_of(page) == Call::shutdown && error_of(page) == ENOTCONN;
}

// libev stops watching a descriptor, and does not say with which errno the system refused it.
bool stops_watching(const Page& page) {
  return page.struck != 0 && call_of(page) == Call::epoll_ctl;
}

// How many clients may be let down. Out of descriptors, all who wait are turned away.
std::uint64_t most_victims(const Sighting& seen, const Page& page) {
  if (is_harmless(page)) return 0;
  const bool all = call_of(page) == Call::accept && seen.turned_away > 1;
  return all ? seen.turned_away : 1;
}

// Whether the connection whose call failed must end and report it.
bool ends_a_connection(const Page& page) {
  if (is_harmless(page) || is_reset_by_peer(page)) return false;  // a Unix socket is not reset
  switch (call_of(page)) {
    case Call::recv:
    case Call::send:
    case Call::sendmsg:
    case Call::shutdown:
      return true;
    default:
      return false;
  }
}

bool is_right_reason(const std::error_code& reason, const Page& page) {
  // The resolver does not learn that the question was never sent, and waits for an answer.
  const bool lost = stops_watching(page) || call_of(page) == Call::malloc;
  if (reason == ResolverError::timed_out) return lost;
  if (reason == ResolverError::no_memory) return call_of(page) == Call::malloc;
  if (call_of(page) == Call::malloc) {
    if (reason.category() != std::generic_category()) return reason.message() == "handler threw";
    // A connector's factory that throws has cancelled.
    if (reason == std::errc::operation_canceled) return true;
  }
  int error = error_of(page);
  if (stops_watching(page)) error = ENOSPC;
  if (is_reset_by_peer(page)) error = ECONNRESET;
  return reason == std::error_code(error, std::generic_category());
}

std::string count(unsigned number, const char* what) {
  return std::to_string(number) + " " + what + "\n";
}

std::string judge_setting_up(const Sighting& seen, const Page& page) {
  const int error = seen.setting_up_code.value();
  bool explained = error == error_of(page);
  if (call_of(page) == Call::malloc) explained = seen.setting_up_memory || error == ENOMEM;
  if (stops_watching(page)) explained = error == ENOSPC;
  std::string wrong;
  if (page.struck == 0 || error_of(page) == kShort) {
    wrong += "setting up threw for nothing: " + seen.setting_up + "\n";
  } else if (!explained) {
    wrong += "setting up threw what is not the fault: " + seen.setting_up + "\n";
  }
  // "bind tcp://127.0.0.1:0: Address already in use"
  if (!seen.setting_up_memory && seen.setting_up.find(' ') == std::string::npos) {
    wrong += "does not say what failed, and where: " + seen.setting_up + "\n";
  }
  return wrong;
}

// recvmmsg() and sendmmsg(), or on plain POSIX recvmsg() and sendmsg().
bool is_of_datagrams(const Sighting& seen, const Page& page) {
  switch (call_of(page)) {
    case Call::recvmmsg:
    case Call::sendmmsg:
      return true;
    case Call::recvmsg:
    case Call::sendmsg:
      return page.descriptor >= 0 && page.descriptor == seen.datagrams_at;
    default:
      return false;
  }
}

std::string judge_connections(const Sighting& seen, const Page& page) {
  std::string wrong;
  unsigned victims = 0;
  for (const Fate& fate : seen.connections) {
    if (fate.opened > 1) wrong += count(fate.opened, "on_open() of one connection");
    if (fate.ended != fate.opened) wrong += count(fate.ended, "on_close() of one connection");
    if (!fate.reason) continue;
    ++victims;
    if (!is_right_reason(fate.reason, page)) wrong += "closed: " + fate.reason.message() + "\n";
  }
  if (victims > (is_harmless(page) ? 0 : 1)) wrong += count(victims, "connections were closed");
  if (ends_a_connection(page) && victims != 1 && !seen.asks_for_names &&
      !is_of_datagrams(seen, page))
    wrong += "no connection reported the fault\n";
  if (seen.clients_failed > most_victims(seen, page)) {
    wrong += count(seen.clients_failed, "clients were not served");
  }
  if (seen.clients_failed > 0 && victims + seen.turned_away == 0) {
    wrong += "a client was not served, and nothing was reported\n";
  }
  if (!wrong.empty() && !seen.client_complaint.empty()) wrong += seen.client_complaint + "\n";
  return wrong;
}

std::string judge_datagrams(const Sighting& seen, const Page& page) {
  std::string wrong;
  if (seen.lost_datagrams > 0) wrong += count(seen.lost_datagrams, "datagrams had no answer");
  const bool must = is_of_datagrams(seen, page);
  const bool may = must || stops_watching(page);
  if (seen.datagram_errors > 1) wrong += count(seen.datagram_errors, "on_error()");
  if (seen.datagram_errors == 0) {
    if (must && !is_harmless(page)) wrong += "on_error() was not called\n";
  } else if (!may || is_harmless(page) || !is_right_reason(seen.datagram_error, page)) {
    wrong += "on_error(): " + seen.datagram_error.message() + "\n";
  }
  return wrong;
}

// What was to run once has, and one at most came out otherwise, for the reason that was struck.
std::string judge_one_shots(const Sighting& seen, const Page& page) {
  std::string wrong;
  unsigned victims = 0;
  for (const Fate& fate : seen.one_shots) {
    if (fate.ended != fate.opened) wrong += count(fate.ended, "runs of what is to run once");
    if (!fate.surprising) continue;
    ++victims;
    if (!is_right_reason(fate.reason, page)) wrong += "came out: " + fate.reason.message() + "\n";
  }
  if (victims > (is_harmless(page) ? 0 : 1)) wrong += count(victims, "came out otherwise");
  return wrong;
}

}  // namespace

std::string judge_sighting(const Sighting& seen, const Page& page, std::uint64_t turns) {
  // c-ares cuts its next time to whole milliseconds, and is asked anew for the rest of one.
  const std::uint64_t more_turns = seen.asks_for_names ? 5000 : 60;
  if (!seen.setting_up.empty()) return judge_setting_up(seen, page);
  std::string wrong = judge_connections(seen, page);
  wrong += judge_one_shots(seen, page);
  wrong += judge_datagrams(seen, page);
  if (turns > 0 && seen.turns > 2 * turns + more_turns) {
    wrong += "it took " + std::to_string(seen.turns) + " turns, untouched " +
             std::to_string(turns) + "\n";
  }
  return wrong;
}

std::string describe(const Page& page) {
  const char* domain = page.domain == Domain::memory ? "memory" : "system";
  std::string text = domain + (" call " + std::to_string(page.nth));
  if (page.call == 0 && page.struck == 0 && page.variants == 0) return text + ": none";
  text += ", " + std::string(name_of(call_of(page)));
  if (page.descriptor >= 0) text += "(" + std::to_string(page.descriptor) + ")";
  if (page.struck == 0) return text + ", left alone";
  const char* error = ::strerrorname_np(error_of(page));
  return text + (error_of(page) == kShort ? ", short" : ", " + std::string(error));
}

}  // namespace sluice::faults
