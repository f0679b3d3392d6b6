#include "verdicts.h"

#include <cerrno>
#include <cstring>

namespace sluice::faults {
namespace {

Call call_of(const Page& page) { return static_cast<Call>(page.call); }
int error_of(const Page& page) { return static_cast<int>(page.error); }

// What nobody may notice, but for the time that it takes.
bool is_harmless(const Page& page) {
  if (page.struck == 0) return true;
  const int error = error_of(page);
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
    case Call::shutdown:
      return error == ENOTCONN;
    default:
      return false;
  }
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

// The connection that this befalls must end, and say so.
bool ends_a_connection(const Page& page) {
  if (is_harmless(page)) return false;
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
  if (call_of(page) == Call::malloc && reason.category() != std::generic_category()) {
    return reason.message() == "handler threw";
  }
  const int error = stops_watching(page) ? ENOSPC : error_of(page);
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
  if (ends_a_connection(page) && victims != 1 && !seen.asks_for_names)
    wrong += "no connection was told\n";
  if (seen.clients_failed > most_victims(seen, page)) {
    wrong += count(seen.clients_failed, "clients did not get what they were owed");
  }
  if (seen.clients_failed > 0 && victims + seen.turned_away == 0) {
    wrong += "a client was let down, and nobody was told\n";
  }
  if (!wrong.empty() && !seen.client_complaint.empty()) wrong += seen.client_complaint + "\n";
  return wrong;
}

std::string judge_datagrams(const Sighting& seen, const Page& page) {
  std::string wrong;
  if (seen.lost_datagrams > 0) wrong += count(seen.lost_datagrams, "datagrams had no answer");
  const Call call = call_of(page);
  const bool must = call == Call::recvmmsg || call == Call::sendmmsg;
  const bool may = must || stops_watching(page);
  if (seen.datagram_errors > 1) wrong += count(seen.datagram_errors, "on_error()");
  if (seen.datagram_errors == 0) {
    if (must && !is_harmless(page)) wrong += "on_error() was not called\n";
  } else if (!may || is_harmless(page) || !is_right_reason(seen.datagram_error, page)) {
    wrong += "on_error(): " + seen.datagram_error.message() + "\n";
  }
  return wrong;
}

}  // namespace

std::string judge_sighting(const Sighting& seen, const Page& page, std::uint64_t turns) {
  // c-ares cuts its next time to whole milliseconds, and is asked anew for the rest of one.
  const std::uint64_t more_turns = seen.asks_for_names ? 5000 : 60;
  if (!seen.setting_up.empty()) return judge_setting_up(seen, page);
  std::string wrong = judge_connections(seen, page);
  for (const Fate& fate : seen.one_shots) {
    if (fate.ended != fate.opened) wrong += count(fate.ended, "runs of what is to run once");
  }
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
