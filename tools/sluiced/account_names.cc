#include "account_names.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/names.h"
#include "../common/number.h"
#include "../common/write_all.h"
#include "daemon_signals.h"
#include "listen_names.h"

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 34)
#define SLUICE_HAS_CLOSEFROM
#endif
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
#define SLUICE_HAS_CLOSEFROM
#endif

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kFailed = "failed ";
constexpr std::string_view kEnd = "end";
constexpr std::size_t kMaxWhy = 2048;  // bytes of a reason

// In the child, which may be the copy of a process that is root: its descriptors are for nobody
// else, and an account that reads the answers of a name server must not have them.
void close_from(int first) noexcept {
#if defined(SLUICE_HAS_CLOSEFROM)
  ::closefrom(first);
#else
  const long end = ::sysconf(_SC_OPEN_MAX);
  for (int fd = first; fd < end; ++fd) ::close(fd);
#endif
}

// In the child: the lines that with_addresses() reads.
std::string answer_for(std::vector<ListenSpec> specs, const Account& account) {
  try {
    (void)become(account);
    for (std::size_t i = 0; i < specs.size(); ++i) specs[i].service = i;  // so that it comes back
    std::erase_if(specs, [](const ListenSpec& spec) { return !spec.is_named(); });
    std::string text;
    for (const ListenSpec& spec : look_up_names(std::move(specs))) {
      text += std::to_string(spec.service) + ' ' + spec.endpoint().to_string() + '\n';
    }
    return text.append(kEnd);
  } catch (const std::exception& error) {
    return std::string(kFailed) + escape(error.what(), kMaxWhy);
  }
}

// The child. An exception that left it would run on in a second copy of the parent.
[[noreturn]] void answer_and_end(int answer, const std::vector<ListenSpec>& specs,
                                 const Account& account) noexcept {
  constexpr int kAnswer = STDERR_FILENO + 1;
  try {
    for (const int number : kDaemonSignals) std::signal(number, SIG_DFL);
    std::signal(SIGALRM, SIG_DFL);
    ::alarm(static_cast<unsigned>(AccountNames::kDeadline.count()));
    if (::dup2(answer, kAnswer) == kAnswer) {
      close_from(kAnswer + 1);
      // The parent notices that the end of an answer is missing.
      (void)write_all(kAnswer, answer_for(specs, account));
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): the parent misses the end of the answer
  }
  ::_exit(0);
}

[[noreturn]] void fail(const std::string& why) {
  throw std::runtime_error("names of hosts: " + why);
}

Endpoint endpoint_from(const std::string& line, std::string_view text, const ListenSpec& spec) {
  const auto parsed = Endpoint::parse(text);
  const auto* endpoint = std::get_if<Endpoint>(&parsed);
  if (endpoint == nullptr || endpoint->scheme() != spec.target.host.scheme ||
      endpoint->any_family() || endpoint->address().port() != spec.target.host.port) {
    fail("the process that looks them up says " + quote(line));
  }
  return *endpoint;
}

}  // namespace

AccountNames::AccountNames(std::vector<ListenSpec> specs, const Account& account)
    : specs_(std::move(specs)) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  answer_.reset(ends[0]);
  const Fd write_end(ends[1]);
  for (const int end : ends) (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child_ == 0) answer_and_end(write_end.get(), specs_, account);
}

AccountNames::~AccountNames() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool AccountNames::read() {
  std::array<char, 4096> part{};
  const ssize_t count = ::read(answer_.get(), part.data(), part.size());
  if (count < 0) return errno != EINTR && errno != EAGAIN;
  if (count == 0) return true;
  text_.append(part.data(), static_cast<std::size_t>(count));
  if (text_.size() > kMaxAnswer) fail("there are too many addresses");
  return false;
}

std::vector<ListenSpec> AccountNames::specs() const { return with_addresses(specs_, text_); }

std::vector<ListenSpec> with_addresses(const std::vector<ListenSpec>& specs,
                                       std::string_view text) {
  if (text.starts_with(kFailed)) throw std::runtime_error(std::string(text.substr(kFailed.size())));
  std::vector<std::string> lines = split_names(text, '\n');
  if (lines.empty() || lines.back() != kEnd) fail("the process that looks them up has ended");
  lines.pop_back();
  std::vector<ListenSpec> all;
  auto line = lines.begin();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].is_named()) {
      all.push_back(specs[i]);
      continue;
    }
    const std::string prefix = std::to_string(i) + ' ';
    const std::size_t before = all.size();
    for (; line != lines.end() && line->starts_with(prefix); ++line) {
      ListenSpec& spec = all.emplace_back(specs[i]);
      spec.target.endpoint =
          endpoint_from(*line, std::string_view(*line).substr(prefix.size()), specs[i]);
    }
    if (all.size() == before) fail(specs[i].target.text + " has no address");
  }
  if (line != lines.end()) fail("the process that looks them up says " + quote(*line));
  return all;
}

std::vector<ListenSpec> look_up_names_as(const Account& account, std::vector<ListenSpec> specs) {
  if (!has_names(specs)) return specs;
  AccountNames names(std::move(specs), account);
  while (!names.read()) {
  }
  return names.specs();
}

}  // namespace sluice::tools::daemon
