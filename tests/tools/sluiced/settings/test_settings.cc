// The values of one service: what was given, what holds otherwise, and when two are the same.
#include <chrono>
#include <cstdint>

#include <criterion/criterion.h>

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
