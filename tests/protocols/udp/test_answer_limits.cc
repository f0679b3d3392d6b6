// How many answers a second: in all, and to each source.
#include <chrono>
#include <cstdint>
#include <string>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include <sluice/answer_limits.h>

using sluice::Address;
using sluice::AnswerLimits;
using sluice::TimePoint;
using sluice::test::ip;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

int answers(AnswerLimits& limits, const Address& source, TimePoint now, int tries = 100) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limits.take(source, now) ? 1 : 0;
  return count;
}

Address numbered(std::uint32_t number) {
  return ip("10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) +
                "." + std::to_string(number & 255),
            40'000);
}

}  // namespace

Test(answer_limits, hold_for_each_source) {
  AnswerLimits limits(50, 2, 1);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart) == 2);
  cr_expect(answers(limits, ip("192.0.2.2", 1), kStart) == 2);
  cr_expect(answers(limits, ip("2001:db8::1", 1), kStart) == 2);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + milliseconds(499)) == 0);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + milliseconds(500)) == 1);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + seconds(60)) == 2);
}

Test(answer_limits, do_not_mind_the_sources_port) {
  AnswerLimits limits(50, 2, 1);
  int count = 0;
  for (std::uint16_t port = 1024; port < 1124; ++port) {
    count += limits.take(ip("192.0.2.1", port), kStart) ? 1 : 0;
  }
  cr_expect(count == 2);
}

Test(answer_limits, take_a_mapped_address_for_what_it_maps) {
  AnswerLimits limits(50, 2, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart) == 2);
  cr_expect(answers(limits, ip("::ffff:192.0.2.1"), kStart) == 0);
}

Test(answer_limits, hold_for_all_together) {
  AnswerLimits limits(50, 2, 1);
  int count = 0;
  for (std::uint32_t number = 1; number <= 500; ++number) {
    count += answers(limits, numbered(number), kStart, 3);
  }
  cr_expect(count == 50);
  cr_expect(answers(limits, numbered(600), kStart + milliseconds(19)) == 0);
  cr_expect(answers(limits, numbered(600), kStart + milliseconds(20)) == 1);
}

Test(answer_limits, are_not_used_up_for_others_by_one_that_asks_too_often) {
  AnswerLimits limits(50, 2, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart, 100'000) == 2);
  int count = 0;
  for (std::uint32_t number = 1; number <= 24; ++number) {
    count += answers(limits, numbered(number), kStart);
  }
  cr_expect(count == 48);
}

Test(answer_limits, are_not_charged_to_a_source_that_the_limit_for_all_refused) {
  AnswerLimits limits(1, 1, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart) == 1);
  cr_expect(answers(limits, ip("192.0.2.2"), kStart + milliseconds(500)) == 0);
  cr_expect(answers(limits, ip("192.0.2.2"), kStart + seconds(1)) == 1);
}

Test(answer_limits, forget_the_oldest_of_very_many_sources_and_never_the_limit_for_all) {
  AnswerLimits limits(1'000'000, 1, 7);
  std::uint32_t answered = 0;
  for (std::uint32_t number = 1; number <= 100'000; ++number) {
    answered += limits.take(numbered(number), kStart + microseconds(number)) ? 1U : 0U;
  }
  cr_expect(answered == 100'000);
  // The latest are remembered, in their places.
  std::uint32_t known = 0;
  for (std::uint32_t number = 99'901; number <= 100'000; ++number) {
    known += limits.take(numbered(number), kStart + milliseconds(100)) ? 0U : 1U;
  }
  cr_expect(known >= 90, "%u", known);
}
