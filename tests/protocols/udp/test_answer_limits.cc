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

bool allowed(AnswerLimits::Verdict verdict) { return verdict == AnswerLimits::Verdict::allowed; }

AnswerLimits limits_of(std::uint32_t total, std::uint32_t per_source, unsigned prefix = 64) {
  return AnswerLimits({.total = total, .per_source = per_source, .source_prefix = prefix});
}

int answers(AnswerLimits& limits, const Address& source, TimePoint now, int tries = 100) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += allowed(limits.take(source, now)) ? 1 : 0;
  return count;
}

Address numbered(std::uint32_t number) {
  return ip("10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) +
                "." + std::to_string(number & 255),
            40'000);
}

}  // namespace

Test(answer_limits, apply_to_each_source) {
  AnswerLimits limits = limits_of(50, 2);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart) == 2);
  cr_expect(answers(limits, ip("192.0.2.2", 1), kStart) == 2);
  cr_expect(answers(limits, ip("2001:db8::1", 1), kStart) == 2);
  cr_expect(answers(limits, ip("192.0.2.1", 1), kStart + seconds(60)) == 2);
}

Test(answer_limits, ignore_the_port_of_the_source) {
  AnswerLimits limits = limits_of(50, 2);
  int count = 0;
  for (std::uint16_t port = 1024; port < 1124; ++port) {
    count += allowed(limits.take(ip("192.0.2.1", port), kStart)) ? 1 : 0;
  }
  cr_expect(count == 2);
}

Test(answer_limits, treat_an_ipv4_mapped_address_as_ipv4) {
  AnswerLimits limits = limits_of(50, 2);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart) == 2);
  cr_expect(answers(limits, ip("::ffff:192.0.2.1"), kStart) == 0);
}

Test(answer_limits, apply_to_all_sources_together) {
  AnswerLimits limits = limits_of(50, 2);
  int count = 0;
  for (std::uint32_t number = 1; number <= 500; ++number) {
    count += answers(limits, numbered(number), kStart, 3);
  }
  cr_expect(count == 50);
  cr_expect(answers(limits, numbered(600), kStart + milliseconds(19)) == 0);
  cr_expect(answers(limits, numbered(600), kStart + milliseconds(20)) == 1);
}

Test(answer_limits, do_not_let_one_frequent_source_use_up_the_limit_for_all) {
  AnswerLimits limits = limits_of(50, 2);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart, 100'000) == 2);
  int count = 0;
  for (std::uint32_t number = 1; number <= 24; ++number) {
    count += answers(limits, numbered(number), kStart);
  }
  cr_expect(count == 48);
}

Test(answer_limits, take_no_token_of_a_source_if_the_limit_for_all_is_reached) {
  AnswerLimits limits = limits_of(1, 1);
  cr_expect(answers(limits, ip("192.0.2.1"), kStart) == 1);
  cr_expect(answers(limits, ip("192.0.2.2"), kStart + milliseconds(500)) == 0);
  cr_expect(answers(limits, ip("192.0.2.2"), kStart + seconds(1)) == 1);
}

Test(answer_limits, count_the_addresses_of_one_ipv6_network_as_one_source) {
  AnswerLimits limits = limits_of(50, 2);
  int count = 0;
  for (int i = 1; i <= 20; ++i) {
    count += answers(limits, ip("2001:db8::" + std::to_string(i)), kStart);
  }
  cr_expect(count == 2);
  AnswerLimits wide = limits_of(50, 2, 48);
  cr_expect(answers(wide, ip("2001:db8:0:1::1"), kStart) == 2);
  cr_expect(answers(wide, ip("2001:db8:0:2::1"), kStart) == 0);
}

Test(answer_limits, give_a_source_that_exceeds_its_limit_a_second_of_silence) {
  AnswerLimits limits = limits_of(1000, 10);
  const Address source = ip("192.0.2.1");
  cr_expect(answers(limits, source, kStart, 11) == 10);
  cr_expect(answers(limits, source, kStart + milliseconds(999)) == 0);
  cr_expect(answers(limits, source, kStart + seconds(1), 10) == 10);
  // A source that asks no faster than the limit is never silenced.
  AnswerLimits other = limits_of(1000, 10);
  for (int i = 0; i < 100; ++i) {
    cr_expect(answers(other, source, kStart + milliseconds(100 * i), 1) == 1);
  }
}

// `count` datagrams that two services send each other, each `round_trip` on its way there and back.
// How long until none is left, in milliseconds; -1 if some are left after ten seconds.
static int loop_ends_after(int count, microseconds round_trip, std::uint32_t per_source) {
  AnswerLimits limits = limits_of(10'000, per_source);
  const Address other = ip("192.0.2.1");
  for (microseconds at{0}; at < seconds(10); at += round_trip) {
    int answered = 0;
    for (int i = 0; i < count; ++i) answered += answers(limits, other, kStart + at, 1);
    count = answered;
    if (count == 0) return static_cast<int>(at / milliseconds(1));
  }
  return -1;
}

Test(answer_limits, end_a_loop_between_two_services_within_a_second) {
  for (const int count : {1, 10, 1000}) {
    for (const microseconds round_trip :
         {microseconds(10), microseconds(1000), microseconds(5000)}) {
      const int end = loop_ends_after(count, round_trip, 100);
      cr_expect(end >= 0 && end <= 1000, "%d datagrams, %d us: %d ms", count,
                static_cast<int>(round_trip.count()), end);
    }
  }
  // What they cannot see: a loop that is no faster than an ordinary client.
  cr_expect(loop_ends_after(1, milliseconds(20), 100) == -1);
}

Test(answer_limits, give_a_port_of_a_service_few_answers) {
  AnswerLimits limits = limits_of(1'000'000'000, 1'000'000'000);
  const Address source = ip("192.0.2.1");
  int count = 0;
  for (int i = 0; i < 1000; ++i) {
    count += allowed(limits.take(source, kStart, AnswerLimits::Port::service)) ? 1 : 0;
  }
  cr_expect(count == static_cast<int>(AnswerLimits::kToServicePort));
}

Test(answer_limits, give_many_sources_no_more_than_the_table_has_room_for) {
  AnswerLimits limits = limits_of(1'000'000, 1);
  std::uint32_t answered = 0;
  for (std::uint32_t number = 1; number <= 100'000; ++number) {
    answered += allowed(limits.take(numbered(number), kStart + microseconds(number))) ? 1U : 0U;
  }
  cr_expect(answered <= 1024, "%u", answered);
  cr_expect(answered >= 900, "%u", answered);
}
