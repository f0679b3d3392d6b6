// The log: that it arrives in its target, and neither waits nor loses count when nobody takes it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "tests/support/scratch.h"
#include "tools/sluiced/log/log.h"
#include <sluice/fd.h>

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    cr_assert(::pipe(ends.data()) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    cr_assert(::fcntl(reader.get(), F_SETFL, O_NONBLOCK) == 0);
  }
  std::string take() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t count = ::read(reader.get(), piece.data(), piece.size());
      if (count <= 0) return all;
      all.append(piece.data(), static_cast<std::size_t>(count));
    }
  }
  Fd reader;
  Fd writer;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  cr_assert(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), static_cast<char*>(address.sun_path));
  return address;
}

// What a syslog daemon has open.
class Syslog {
 public:
  explicit Syslog(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    ::unlink(path.c_str());
    const sockaddr_un address = address_of(path);
    cr_assert(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
              0);
  }
  std::string take() const {
    std::array<char, 8192> buffer{};
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  Fd socket_;
};

std::string content_of(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

LogSettings settings(const std::string& target) { return {.to = log_target_from(target)}; }

}  // namespace

Test(log, what_is_logged_arrives_at_once) {
  const Pipe pipe;
  Log log(pipe.writer.get());
  log.info("started");
  const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info started\n)");
  cr_expect(std::regex_match(pipe.take(), form));
  cr_expect(log.dropped() == 0);
}

Test(log, a_full_pipe_holds_nobody_up_and_what_was_dropped_is_told, .timeout = 10) {
  const Pipe pipe;
  Log log(pipe.writer.get());
  const std::string text(1000, 'x');
  for (int i = 0; i < 200; ++i) log.info(text);  // a pipe holds 64 KiB
  const auto dropped = log.dropped();
  cr_expect(dropped > 0 && dropped < 200);

  (void)pipe.take();
  log.info("again");
  const std::string after = pipe.take();
  cr_expect(after.find(" info again\n") != after.npos);
  const std::string told = " warning log: " + std::to_string(dropped) + " lines were dropped";
  cr_expect(after.find(told) != after.npos, "%s", after.c_str());

  log.info("once more");
  cr_expect(pipe.take().find("dropped") == std::string::npos);
  cr_expect(log.dropped() == dropped);
}

Test(log, a_pipe_without_a_reader_is_survived) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reader.reset();
  Log log(pipe.writer.get());
  log.error("nobody hears this");
  cr_expect(log.dropped() == 1);
}

Test(log, a_full_disk_is_survived) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full) cr_skip_test("there is no /dev/full");
  Log log(full.get());
  log.info("lost");
  log.info("lost");
  cr_expect(log.dropped() == 2);
}

Test(log, a_descriptor_that_is_not_open_is_survived) {
  Log log(-1);
  log.info("lost");
  cr_expect(log.dropped() == 1);
}

Test(log, the_pipe_of_others_is_left_blocking) {
  const Pipe pipe;
  Log log(pipe.writer.get());
  log.info("x");
  cr_expect((::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
}

Test(log, the_journal_s_standard_error_gets_priorities) {
  const Pipe pipe;
  struct stat status {};
  cr_assert(::fstat(pipe.writer.get(), &status) == 0);
  const std::string stream = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  Log log(pipe.writer.get());
  log.warning("careful");
  cr_expect(pipe.take() == "<4>warning careful\n");
}

Test(log, a_file_that_was_renamed_is_opened_again_on_request) {
  const test::Scratch scratch;
  const std::string path = scratch / "log";
  const Pipe pipe;
  Log log(pipe.writer.get());
  log.use(settings("file:" + path), log.open(log_target_from("file:" + path)));
  log.info("one");
  cr_assert(::rename(path.c_str(), (scratch / "old").c_str()) == 0);
  log.info("two");
  log.reopen();
  log.info("three");
  cr_expect(content_of(scratch / "old").find(" info two\n") != std::string::npos);
  cr_expect(content_of(path).ends_with(" info three\n"));
  cr_expect(content_of(path).find("two") == std::string::npos);
  cr_expect(pipe.take().empty());
}

Test(log, a_file_that_cannot_be_opened_again_stays_open) {
  const test::Scratch scratch;
  const std::string path = scratch / "log";
  Log log(-1);
  log.use(settings("file:" + path), log.open(log_target_from("file:" + path)));
  cr_assert(::rename(path.c_str(), (scratch / "old").c_str()) == 0);
  cr_assert(::mkdir(path.c_str(), 0700) == 0);
  cr_expect_throw(log.reopen(), std::system_error);
  log.info("still here");
  cr_expect(content_of(scratch / "old").ends_with(" info still here\n"));
}

Test(log, syslog_gets_a_datagram_for_each_line) {
  const test::Scratch scratch;
  const Syslog syslog(scratch / "socket");
  const LogSettings to = settings("syslog:" + (scratch / "socket"));
  Log log(-1);
  log.use(to, log.open(to.to));
  log.warning("first");
  log.info("second");
  const std::regex form(R"(<28>1 \S+Z \S+ sluiced \d+ - - warning first)");
  const std::string first = syslog.take();
  cr_expect(std::regex_match(first, form), "%s", first.c_str());
  cr_expect(first.find(" sluiced " + std::to_string(::getpid()) + ' ') != first.npos);
  cr_expect(syslog.take().ends_with(" - - info second"));
  cr_expect(syslog.take().empty());
}

Test(log, a_syslog_that_restarts_is_connected_to_again) {
  const test::Scratch scratch;
  const std::string path = scratch / "socket";
  auto syslog = std::make_unique<Syslog>(path);
  const LogSettings to = settings("syslog:" + path);
  Log log(-1);
  log.use(to, log.open(to.to));
  syslog.reset();
  syslog = std::make_unique<Syslog>(path);
  log.info("after");
  cr_expect(syslog->take().ends_with(" - - info after"));
  cr_expect(log.dropped() == 0);
}

Test(log, a_syslog_that_is_busy_or_gone_holds_nobody_up, .timeout = 10) {
  const test::Scratch scratch;
  const std::string path = scratch / "socket";
  auto syslog = std::make_unique<Syslog>(path);
  const LogSettings to = settings("syslog:" + path);
  Log log(-1);
  log.use(to, log.open(to.to));
  for (int i = 0; i < 10'000; ++i) log.info(std::string(1000, 'x'));
  cr_expect(log.dropped() > 0);
  syslog.reset();
  const auto dropped = log.dropped();
  log.info("lost");
  log.info("lost");
  cr_expect(log.dropped() == dropped + 2);
}

Test(log, a_level_or_a_format_changes_without_opening_anything) {
  const test::Scratch scratch;
  const std::string path = scratch / "log";
  LogSettings to = settings("file:" + path);
  Log log(-1);
  log.use(to, log.open(to.to));
  to.format = LogFormat::json;
  to.level = LogLevel::warning;
  log.use(to, Fd());
  log.info("no");
  log.warning("yes");
  cr_expect(content_of(path).starts_with("{\"time\":"));
  cr_expect(content_of(path).find("no\"") == std::string::npos);
}
