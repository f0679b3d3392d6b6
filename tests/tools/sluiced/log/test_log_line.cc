// The form of a line in each target of the log, and its length.
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluiced/log/log_line.h"

using namespace sluice::tools::daemon;
using std::chrono::milliseconds;
using std::chrono::system_clock;

namespace {

const system_clock::time_point kWhen{milliseconds(1'795'227'430'123)};

std::string text_line(system_clock::time_point when, LogLevel level, std::string_view text) {
  return log_line({when, level, text}, LogFormat::text);
}

std::string json_line(std::string_view text) {
  return log_line({kWhen, LogLevel::info, text}, LogFormat::json);
}

}  // namespace

Test(log_line, a_line_has_the_time_in_utc_a_level_and_the_text) {
  cr_expect(text_line(kWhen, LogLevel::info, "hello") == "2026-11-21T02:17:10.123Z info hello\n");
  cr_expect(text_line(kWhen, LogLevel::warning, "x") == "2026-11-21T02:17:10.123Z warning x\n");
  cr_expect(text_line(kWhen, LogLevel::error, "") == "2026-11-21T02:17:10.123Z error \n");
}

Test(log_line, the_time_is_right_at_its_edges) {
  const auto stamp = [](std::int64_t ms) {
    return text_line(system_clock::time_point(milliseconds(ms)), LogLevel::info, "").substr(0, 24);
  };
  cr_expect(stamp(0) == "1970-01-01T00:00:00.000Z");
  cr_expect(stamp(-1) == "1969-12-31T23:59:59.999Z");
  cr_expect(stamp(951'827'696'999) == "2000-02-29T12:34:56.999Z");
}

Test(log_line, the_time_zone_does_not_matter) {
  cr_assert(::setenv("TZ", "Asia/Tokyo", 1) == 0);
  ::tzset();
  cr_expect(text_line(system_clock::time_point{}, LogLevel::info, "x")
                .starts_with("1970-01-01T00:00:00.000Z"));
}

Test(log_line, an_event_is_one_line_of_bounded_length) {
  const std::string line = text_line({}, LogLevel::info, "one\ntwo\r\x1b[0m");
  cr_expect(line.ends_with(" info one\\x0atwo\\x0d\\x1b[0m\n"), "%s", line.c_str());
  const std::string longest = text_line({}, LogLevel::info, std::string(100'000, 'x'));
  cr_expect(longest.size() == kMaxLogLine);
  cr_expect(longest.ends_with("x...\n"));
}

Test(log_line, as_json_it_is_an_object_that_has_the_text_unchanged) {
  const std::string text = "one\ntwo \"three\" \\ \x1b[0m \xc3\xa9";
  const std::string line = json_line(text);
  cr_expect(line.find('\n') == line.size() - 1);
  const nlohmann::json object = nlohmann::json::parse(line);
  cr_expect(object.size() == 3);
  cr_expect(object["time"] == "2026-11-21T02:17:10.123Z");
  cr_expect(object["level"] == "info");
  cr_expect(object["text"] == text);
}

Test(log_line, a_long_text_is_cut_so_that_its_json_is_whole) {
  for (const char* character : {"x", "\x01", "\"", "\xc3\xa9"}) {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += character;
    const std::string line = json_line(text);
    cr_expect(line.size() <= kMaxLogLine && line.size() > kMaxLogLine / 2, "%zu", line.size());
    const auto cut = nlohmann::json::parse(line)["text"].get<std::string>();
    cr_expect(cut.ends_with("..."));
  }
}

Test(log_line, the_journal_gets_the_priority_and_no_time) {
  cr_expect(journal_line({kWhen, LogLevel::info, "hello"}, LogFormat::text) == "<6>info hello\n");
  cr_expect(journal_line({kWhen, LogLevel::warning, "x"}, LogFormat::text) == "<4>warning x\n");
  cr_expect(journal_line({kWhen, LogLevel::error, "a\nb"}, LogFormat::text) ==
            "<3>error a\\x0ab\n");
  const std::string json = journal_line({kWhen, LogLevel::error, "x"}, LogFormat::json);
  cr_expect(json.starts_with("<3>{\"") && json.ends_with("\"}\n"), "%s", json.c_str());
  const std::string longest =
      journal_line({kWhen, LogLevel::info, std::string(9000, 'x')}, LogFormat::text);
  cr_expect(longest.size() == kMaxLogLine);
}

// RFC 5424: PRI is the facility (3, a daemon) times 8 and the severity.
Test(log_line, syslog_gets_the_fields_of_rfc_5424) {
  const LogEvent event{kWhen, LogLevel::warning, "two\nlines"};
  cr_expect(syslog_message(event, LogFormat::text, "attic", 71) ==
            "<28>1 2026-11-21T02:17:10.123Z attic sluiced 71 - - warning two\\x0alines");
  const LogEvent info{kWhen, LogLevel::info, "x"};
  cr_expect(syslog_message(info, LogFormat::text, "attic", 71).starts_with("<30>1 "));
  const LogEvent error{kWhen, LogLevel::error, std::string_view("x")};
  cr_expect(syslog_message(error, LogFormat::json, "attic", 71).starts_with("<27>1 "));
}

Test(log_line, a_host_that_is_no_field_of_syslog_is_left_out) {
  const LogEvent event{kWhen, LogLevel::info, "x"};
  for (const std::string& host : {std::string(), std::string("two words"), std::string(256, 'h')}) {
    cr_expect(syslog_message(event, LogFormat::text, host, 1) ==
              "<30>1 2026-11-21T02:17:10.123Z - sluiced 1 - - info x");
  }
}
