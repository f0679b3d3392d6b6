// The values of one service: what was given, what holds otherwise, and when two are the same.
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/usage.h"
#include "tools/common/usage_error.h"
#include "tools/sluiced/settings/bus_settings.h"
#include "tools/sluiced/settings/key_types.h"
#include "tools/sluiced/settings/settings.h"

using namespace sluice::tools::daemon;
using namespace std::chrono_literals;

namespace {

constexpr NumberKey kLines({.name = "lines", .form = "COUNT", .summary = ""}, {0, 100}, 20);
constexpr NumberKey kMax({.name = "max", .form = "COUNT", .summary = ""}, NumberKey::kCount);
constexpr DurationKey kIdle({.name = "idle", .form = "DURATION", .summary = ""});

}  // namespace

Test(settings, a_key_that_was_not_given_has_its_default_or_no_value) {
  const Settings settings;
  cr_expect(not settings.has(kLines));
  cr_expect(settings.get(kLines) == 20);
  cr_expect(not settings.find(kMax).has_value());
}

Test(settings, a_value_that_was_given_replaces_the_default) {
  Settings settings;
  settings.set(kLines, std::uint64_t{3});
  settings.set(kIdle, std::chrono::milliseconds(5s));
  cr_expect(settings.has(kLines));
  cr_expect(settings.get(kLines) == 3);
  cr_expect(settings.get(kIdle) == 5s);
}

Test(settings, are_equal_if_the_same_values_were_given) {
  Settings one;
  Settings other;
  one.set(kLines, kLines.read("3"));
  one.set(kIdle, kIdle.read("2m"));
  other.set(kIdle, kIdle.read("120s"));
  cr_expect(not(one == other));
  other.set(kLines, kLines.read("3"));
  cr_expect(one == other);
  const Settings copy = one;
  other.set(kLines, kLines.read("4"));
  cr_expect(copy == one);
  cr_expect(not(copy == other));
}

Test(bus_settings, a_url_names_a_server_and_a_user) {
  const BusUrl plain = parse_bus_url("redis://127.0.0.1");
  cr_expect(plain.address.to_string() == "127.0.0.1:6379");
  cr_expect(not plain.has_tls && plain.user.empty() && plain.database == 0);
  const BusUrl full = parse_bus_url("rediss://chat@[::1]:7000/3");
  cr_expect(full.address.to_string() == "[::1]:7000");
  cr_expect(full.has_tls && full.user == "chat" && full.host == "::1" && full.database == 3);
}

Test(bus_settings, what_is_wrong_with_a_url_is_named) {
  for (const auto& [url, why] : std::initializer_list<std::pair<std::string, std::string>>{
           {"http://127.0.0.1", "there is no redis:// before it"},
           {"redis://", "\"\" is not an IP address"},
           {"redis://a.example", "\"a.example\" is not an IP address"},
           {"redis://[::1", "\"[::1\" is not an IP address"},
           {"redis://[::1]7000", "the port is not after a colon"},
           {"redis://127.0.0.1:0", "port"},
           {"redis://127.0.0.1:65536", "port"},
           {"redis://127.0.0.1/16", "database"},
           {"redis://u:p@127.0.0.1", "a secret in the URL can be read by others"}}) {
    std::string message;
    try {
      (void)parse_bus_url(url);
    } catch (const sluice::tools::UsageError& error) {
      message = error.what();
    }
    cr_expect(message.find(why) != std::string::npos, "%s: %s", url.c_str(), message.c_str());
    cr_expect(message.find(":p@") == std::string::npos);
  }
}

Test(bus_settings, a_secret_is_the_first_line_of_its_file) {
  const sluice::test::Scratch scratch;
  std::ofstream(scratch / "secret") << "open sesame\nmore\n";
  BusSettings bus;
  bus.url = "redis://127.0.0.1";
  bus.secret_file = scratch / "secret";
  load_bus_files(bus);
  cr_expect(bus.secret == "open sesame");
  std::ofstream(scratch / "secret") << "\n";
  cr_expect_throw(load_bus_files(bus), sluice::tools::UsageError);
  std::ofstream(scratch / "secret") << "short\n" << std::string(1024 * 1024, 'x');
  const std::string message = usage_error_of([&] { load_bus_files(bus); });
  cr_expect(message.ends_with("secret\" has more than 1048576 bytes"), "%s", message.c_str());
  bus.secret_file = scratch / "none";
  cr_expect_throw(load_bus_files(bus), std::system_error);
}

Test(bus_settings, what_does_not_go_together_is_rejected) {
  const auto is_rejected = [](const std::string& url, const std::string& secret,
                              const std::string& ca) {
    BusSettings bus;
    bus.url = url;
    bus.secret = secret;
    bus.ca = ca;
    cr_expect_throw(load_bus_files(bus), sluice::tools::UsageError, "%s", url.c_str());
  };
  is_rejected("", "x", "");
  is_rejected("redis://u@127.0.0.1", "", "");
  is_rejected("rediss://127.0.0.1", "x", "");
  is_rejected("redis://127.0.0.1", "", "x");
}
