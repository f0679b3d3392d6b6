// The log: the form of a line, and that it neither waits nor loses count when nobody takes it.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <regex>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluiced/log.h"
#include <sluice/fd.h>

using sluice::Fd;
using sluice::tools::daemon::Log;
using sluice::tools::daemon::log_line;
using sluice::tools::daemon::LogLevel;
using std::chrono::milliseconds;
using std::chrono::system_clock;

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

bool ends_with(const std::string& text, const std::string& end) { return text.ends_with(end); }

}  // namespace

Test(log, a_line_has_the_time_in_utc_a_level_and_the_text) {
  const system_clock::time_point when{milliseconds(1'795'227'430'123)};
  cr_expect(log_line(when, LogLevel::info, "hello") == "2026-11-21T02:17:10.123Z info hello\n");
  cr_expect(log_line(when, LogLevel::warning, "x") == "2026-11-21T02:17:10.123Z warning x\n");
  cr_expect(log_line(when, LogLevel::error, "") == "2026-11-21T02:17:10.123Z error \n");
}

Test(log, the_time_is_right_at_its_edges) {
  const auto stamp = [](std::int64_t ms) {
    return log_line(system_clock::time_point(milliseconds(ms)), LogLevel::info, "").substr(0, 24);
  };
  cr_expect(stamp(0) == "1970-01-01T00:00:00.000Z");
  cr_expect(stamp(-1) == "1969-12-31T23:59:59.999Z");
  cr_expect(stamp(951'827'696'999) == "2000-02-29T12:34:56.999Z");
}

Test(log, the_time_zone_does_not_matter) {
  cr_assert(::setenv("TZ", "Asia/Tokyo", 1) == 0);
  ::tzset();
  cr_expect(log_line(system_clock::time_point{}, LogLevel::info, "x")
                .starts_with("1970-01-01T00:00:00.000Z"));
}

Test(log, an_event_is_one_line_of_bounded_length) {
  const std::string line = log_line({}, LogLevel::info, "one\ntwo\r\x1b[0m");
  cr_expect(ends_with(line, " info one\\x0atwo\\x0d\\x1b[0m\n"), "%s", line.c_str());
  const std::string longest = log_line({}, LogLevel::info, std::string(100'000, 'x'));
  cr_expect(longest.size() == Log::kMaxLine);
  cr_expect(ends_with(longest, "x...\n"));
}

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
