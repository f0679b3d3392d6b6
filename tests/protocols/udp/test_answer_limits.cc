// The rate of answers: in total, and to each source.
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

Test(answer_limits, apply_to_each_source) {
  AnswerLimits limits(50, 2, 1);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart) == 2);
  cr_expect(answers(limits, ip("192.0.2.2", 1), kStart) == 2);
  cr_expect(answers(limits, ip("2001:db8::1", 1), kStart) == 2);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + milliseconds(499)) == 0);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + milliseconds(500)) == 1);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + seconds(60)) == 2);
}

Test(answer_limits, ignore_the_port_of_the_source) {
  AnswerLimits limits(50, 2, 1);
  int count = 0;
  for (std::uint16_t port = 1024; port < 1124; ++port) {
    count += limits.take(ip("192.0.2.1", port), kStart) ? 1 : 0;
  }
  cr_expect(count == 2);
}

Test(answer_limits, treat_an_ipv4_mapped_address_as_ipv4) {
  AnswerLimits limits(50, 2, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart) == 2);
  cr_expect(answers(limits, ip("::ffff:192.0.2.1"), kStart) == 0);
}

Test(answer_limits, apply_to_all_sources_together) {
  AnswerLimits limits(50, 2, 1);
  int count = 0;
  for (std::uint32_t number = 1; number <= 500; ++number) {
    count += answers(limits, numbered(number), kStart, 3);
  }
  cr_expect(count == 50);
  cr_expect(answers(limits, numbered(600), kStart + milliseconds(19)) == 0);
  cr_expect(answers(limits, numbered(600), kStart + milliseconds(20)) == 1);
}

Test(answer_limits, do_not_let_one_frequent_source_use_up_the_limit_for_all) {
  AnswerLimits limits(50, 2, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart, 100'000) == 2);
  int count = 0;
  for (std::uint32_t number = 1; number <= 24; ++number) {
    count += answers(limits, numbered(number), kStart);
  }
  cr_expect(count == 48);
}

Test(answer_limits, take_no_token_of_a_source_if_the_limit_for_all_is_reached) {
  AnswerLimits limits(1, 1, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart) == 1);
  cr_expect(answers(limits, ip("192.0.2.2"), kStart + milliseconds(500)) == 0);
  cr_expect(answers(limits, ip("192.0.2.2"), kStart + seconds(1)) == 1);
}

Test(answer_limits, forget_the_oldest_of_many_sources_but_keep_the_limit_for_all) {
  AnswerLimits limits(1'000'000, 1, 7);
  std::uint32_t answered = 0;
  for (std::uint32_t number = 1; number <= 100'000; ++number) {
    answered += limits.take(numbered(number), kStart + microseconds(number)) ? 1U : 0U;
  }
  cr_expect(answered == 100'000);
  // The latest sources still have their slots.
  std::uint32_t known = 0;
  for (std::uint32_t number = 99'901; number <= 100'000; ++number) {
    known += limits.take(numbered(number), kStart + milliseconds(100)) ? 0U : 1U;
  }
  cr_expect(known >= 90, "%u", known);
}
