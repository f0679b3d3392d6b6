// The targets of the log: files, syslog's socket, and what is none of these.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "tests/support/scratch.h"
#include "tools/common/usage_error.h"
#include "tools/sluiced/log/open_log.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

namespace {

LogTarget file(const std::string& path) { return {LogTarget::Kind::file, path}; }

int error_of(const LogTarget& target) {
  try {
    (void)open_log(target);
  } catch (const std::system_error& error) {
    cr_expect(std::string(error.what()).find(target.path.substr(0, 20)) != std::string::npos, "%s",
              error.what());
    return error.code().value();
  }
  return 0;
}

}  // namespace

Test(open_log, a_target_is_read_as_it_is_written) {
  for (const char* text : {"stderr", "syslog", "syslog:/run/log", "file:/var/log/sluiced.log"}) {
    cr_expect(to_string(log_target_from(text)) == text, "%s", text);
  }
  cr_expect(to_string(log_target_from("syslog:/dev/log")) == "syslog");
  for (const char* text :
       {"", "file", "file:", "file:x", "file:/", "syslog:", "syslog:x", "STDERR"}) {
    cr_expect_throw((void)log_target_from(text), UsageError, "%s", text);
  }
}

Test(open_log, a_file_is_made_for_its_group_and_appended_to) {
  const test::Scratch scratch;
  const std::string path = scratch / "log";
  ::umask(0);
  for (const char* text : {"one", "two"}) {
    const Fd log = open_log(file(path));
    cr_assert(::write(log.get(), text, 3) == 3);
    cr_expect((::fcntl(log.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  struct stat status {};
  cr_assert(::stat(path.c_str(), &status) == 0);
  cr_expect(status.st_size == 6);
  cr_expect(test::mode_of(path) == 0640);
}

Test(open_log, what_is_not_a_regular_file_is_refused) {
  const test::Scratch scratch;
  cr_expect(error_of(file("/dev/null")) == EINVAL);
  cr_expect(error_of(file(scratch / "none/log")) == ENOENT);
  const std::string fifo = scratch / "fifo";
  cr_assert(::mkfifo(fifo.c_str(), 0600) == 0);
  cr_expect(error_of(file(fifo)) == ENXIO);
  const std::string link = scratch / "link";
  cr_assert(::symlink((scratch / "elsewhere").c_str(), link.c_str()) == 0);
  cr_expect(error_of(file(link)) == ELOOP);
}

Test(open_log, syslog_is_a_datagram_socket_that_must_be_there) {
  const test::Scratch scratch;
  const LogTarget target{LogTarget::Kind::syslog, scratch / "log"};
  cr_expect(error_of(target) == ENOENT);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(static_cast<char*>(address.sun_path), target.path.c_str());
  const Fd daemon(::socket(AF_UNIX, SOCK_DGRAM, 0));
  cr_assert(::bind(daemon.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const Fd log = open_log(target);
  cr_assert(::send(log.get(), "x", 1, 0) == 1);
  char received = 0;
  cr_expect(::recv(daemon.get(), &received, 1, 0) == 1 && received == 'x');
  cr_expect(error_of({LogTarget::Kind::syslog, '/' + std::string(200, 'x')}) == ENAMETOOLONG);
}

Test(open_log, the_standard_error_is_open_already) { cr_expect(not open_log({})); }

Test(open_log, the_journal_is_known_by_its_device_and_inode) {
  const test::Scratch scratch;
  const Fd log = open_log(file(scratch / "log"));
  struct stat status {};
  cr_assert(::fstat(log.get(), &status) == 0);
  const std::string same = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
  ::unsetenv("JOURNAL_STREAM");
  cr_expect(not is_journal(log.get()));
  ::setenv("JOURNAL_STREAM", same.c_str(), 1);
  cr_expect(is_journal(log.get()));
  cr_expect(not is_journal(-1));
  for (const std::string& other :
       {same + '1', '1' + same, same + ' ', std::string(), std::string("1")}) {
    ::setenv("JOURNAL_STREAM", other.c_str(), 1);
    cr_expect(not is_journal(log.get()), "%s", other.c_str());
  }
}
