// The text of -l in its parts.
#include <optional>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluiced/settings/written_listen.h"

using namespace sluice::tools::daemon;

namespace {

WrittenListen split(const std::string& text) {
  SettingErrors errors;
  const std::optional<WrittenListen> written = split_listen(text, errors);
  cr_assert(errors.empty(), "%s", text.c_str());
  cr_assert(written.has_value());
  return *written;
}

SettingErrors errors_of(const std::string& text) {
  SettingErrors errors;
  (void)split_listen(text, errors);
  return errors;
}

}  // namespace

Test(written_listen, has_a_kind_an_endpoint_and_keys_in_order) {
  const WrittenListen written = split("echo=tcp://127.0.0.1:7007,max=1000,idle=30s,max=");
  cr_expect(written.kind == "echo");
  cr_expect(written.endpoint == "tcp://127.0.0.1:7007");
  cr_assert(written.keys.size() == 3);
  cr_expect(written.keys[0].first == "max" && written.keys[0].second == "1000");
  cr_expect(written.keys[1].first == "idle" && written.keys[1].second == "30s");
  cr_expect(written.keys[2].first == "max" && written.keys[2].second.empty());
}

Test(written_listen, the_first_equals_sign_ends_a_name) {
  cr_expect(split("echo=unix:///run/a=b").endpoint == "unix:///run/a=b");
  cr_expect(split("greet=tcp://*:0,text=a=b").keys[0].second == "a=b");
  cr_expect(split("=tcp://*:0").kind.empty());
}

Test(written_listen, a_backslash_escapes_a_comma_itself_and_the_ends_of_lines) {
  cr_expect(split(R"(echo=unix:///run/a\,b,max=1)").endpoint == "unix:///run/a,b");
  cr_expect(split(R"(echo=unix:///run/a\\b)").endpoint == R"(unix:///run/a\b)");
  cr_expect(split(R"(greet=tcp://*:0,text=one\ntwo\r\n)").keys[0].second == "one\ntwo\r\n");
  cr_expect(split(R"(greet=tcp://*:0,text=\\n)").keys[0].second == R"(\n)");
}

Test(written_listen, reports_every_mistake_in_the_text) {
  const SettingErrors errors = errors_of(R"(greet=unix:///a\ b,text,text=\x41\)");
  cr_assert(errors.size() == 4);
  const std::string allowed = R"( is not an escape; allowed: \, \\ \n and \r)";
  cr_expect(errors[0].message == R"("\ ")" + allowed);
  cr_expect(errors[1].message == R"("\x")" + allowed);
  cr_expect(errors[2].message == R"("\")" + allowed);
  cr_expect(errors[3].message == R"("text" is not KEY=VALUE)");
}

Test(written_listen, without_an_equals_sign_there_are_no_parts) {
  for (const std::string text : {"", "echo", "tcp://127.0.0.1:7007"}) {
    SettingErrors errors;
    cr_expect(not split_listen(text, errors).has_value());
    cr_assert(errors.size() == 1);
    cr_expect(errors[0].message ==
              "there is no = after the service name; allowed: NAME=ENDPOINT[,KEY=VALUE]...");
  }
}
