#include "passed_sockets.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

#include "../../../reactor/base/inherited_socket.h"
#include "../../../reactor/base/text/quote.h"
#include "../../common/names.h"
#include "../../common/nearest.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

// The value of a variable, which is removed; empty without one.
std::string taken_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::string numbered(std::string_view name, std::size_t number) {
  return std::string(PassedSockets::kPrefix)
      .append(name)
      .append(":")
      .append(std::to_string(number));
}

}  // namespace

PassedSockets& PassedSockets::of_process() noexcept {
  static PassedSockets sockets;
  return sockets;
}

void PassedSockets::read_environment() {
  const std::string process = taken_from_environment("LISTEN_PID");
  const std::string count_text = taken_from_environment("LISTEN_FDS");
  const std::string names_text = taken_from_environment("LISTEN_FDNAMES");
  ::unsetenv("LISTEN_PIDFDID");
  // Without them, or for another process: a program between the service manager and this one.
  if (process.empty() || count_text.empty()) return;
  if (parse_digits(process, 10) != static_cast<std::uint64_t>(::getpid())) return;
  const auto count = parse_digits(count_text, 10);
  if (!count || *count > kMaxSockets) {
    throw UsageError("LISTEN_FDS " + quote(count_text) +
                     " is not a number of sockets; allowed: 0-" + std::to_string(kMaxSockets));
  }
  std::vector<std::string> names(*count, std::string(kNoName));
  if (!names_text.empty()) names = split_names(names_text, ':');
  if (names.size() != *count) {
    throw UsageError("LISTEN_FDNAMES " + quote(names_text) + " has " +
                     std::to_string(names.size()) + " names for " + count_text + " sockets");
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    add(std::move(names[i]), Fd(kFirst + static_cast<int>(i)));
  }
}

void PassedSockets::add(std::string name, Fd fd) {
  try {
    set_nonblocking_cloexec(fd.get());
  } catch (const std::system_error& error) {
    throw UsageError("descriptor " + std::to_string(fd.release()) + " of socket " + quote(name) +
                     " is not usable: " + error.code().message());
  }
  sockets_.push_back({std::move(name), std::move(fd)});
}

std::vector<const PassedSockets::Socket*> PassedSockets::named(std::string_view name) const {
  std::vector<const Socket*> found;
  for (const Socket& socket : sockets_) {
    if (socket.name == name) found.push_back(&socket);
  }
  return found;
}

std::string PassedSockets::names() const {
  std::vector<std::string_view> names;
  for (const Socket& socket : sockets_) {
    if (std::find(names.begin(), names.end(), socket.name) == names.end()) {
      names.push_back(socket.name);
    }
  }
  return join_names(names);
}

std::vector<std::string> PassedSockets::expand(std::string_view endpoint) const {
  if (!is_reference(endpoint)) return {std::string(endpoint)};
  const std::string_view name = endpoint.substr(kPrefix.size());
  const std::size_t count = named(name).size();
  if (count < 2) return {std::string(endpoint)};
  std::vector<std::string> references;
  for (std::size_t i = 1; i <= count; ++i) references.push_back(numbered(name, i));
  return references;
}

std::vector<std::string> PassedSockets::expand_listen(std::string_view text) const {
  const std::size_t begin = std::min(text.find('='), text.size() - 1) + 1;
  const std::size_t end = std::min(text.find(',', begin), text.size());
  std::vector<std::string> texts;
  for (const std::string& endpoint : expand(text.substr(begin, end - begin))) {
    texts.push_back(std::string(text.substr(0, begin)) + endpoint + std::string(text.substr(end)));
  }
  return texts;
}

PassedSockets::Found PassedSockets::find(std::string_view reference) const {
  const std::string where = quote(reference) + ": ";
  if (sockets_.empty()) {
    throw UsageError(where +
                     "no socket was passed to this process; a service manager passes them, and "
                     "LISTEN_FDS says how many");
  }
  const std::vector<std::string> parts = split_names(reference.substr(kPrefix.size()), ':');
  const std::vector<const Socket*> found = named(parts.front());
  if (found.empty() || parts.size() > 2) {
    throw UsageError(where + "no socket that was passed has that name; passed: " + names());
  }
  const auto number = parts.size() == 2 ? parse_digits(parts[1], 10) : 1;
  if (!number || *number < 1 || *number > found.size()) {
    throw UsageError(where + quote(parts[1]) + " is not the number of a socket; " +
                     std::to_string(found.size()) + " that were passed have the name " +
                     quote(parts.front()));
  }
  const int descriptor = found[*number - 1]->fd.get();
  try {
    return {descriptor, inherited_endpoint(descriptor)};
  } catch (const std::system_error& error) {
    std::string why = error.what();
    const std::size_t end = why.rfind(": " + error.code().message());
    throw UsageError(where + why.substr(0, end) +
                     "; allowed: a TCP or Unix socket that listens, and a bound UDP socket");
  }
}

std::string PassedSockets::reference_to(const Socket& socket) const {
  const std::vector<const Socket*> same = named(socket.name);
  const auto at = std::find(same.begin(), same.end(), &socket);
  if (same.size() < 2) return std::string(kPrefix) + socket.name;
  return numbered(socket.name, static_cast<std::size_t>(at - same.begin()) + 1);
}

}  // namespace sluice::tools::daemon
