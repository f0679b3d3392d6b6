// Delayed answers are returned in the order of their times.
#include <chrono>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include <sluice/delayed_answers.h>

using sluice::DelayedAnswers;
using sluice::TimePoint;
using sluice::test::ip;
using std::chrono::milliseconds;

namespace {

TimePoint at(int ms) { return TimePoint() + milliseconds(ms); }

}  // namespace

Test(delayed_answers, are_returned_when_they_are_due_the_earliest_first) {
  DelayedAnswers waiting(8);
  cr_expect(waiting.add(ip("192.0.2.3", 3), at(30)));
  cr_expect(waiting.add(ip("192.0.2.1", 1), at(10)));
  cr_expect(waiting.add(ip("192.0.2.2", 2), at(20)));
  cr_expect(waiting.next_due() == at(10));
  cr_expect(!waiting.pop_due(at(9)));
  cr_expect(waiting.pop_due(at(10)) == ip("192.0.2.1", 1));
  cr_expect(!waiting.pop_due(at(19)));
  cr_expect(waiting.pop_due(at(40)) == ip("192.0.2.2", 2));
  cr_expect(waiting.pop_due(at(40)) == ip("192.0.2.3", 3));
  cr_expect(!waiting.pop_due(at(40)));
  cr_expect(waiting.size() == 0);
}

Test(delayed_answers, are_limited_in_number) {
  DelayedAnswers waiting(2);
  cr_expect(waiting.add(ip("192.0.2.1"), at(1)));
  cr_expect(waiting.add(ip("192.0.2.2"), at(2)));
  cr_expect(!waiting.add(ip("192.0.2.3"), at(0)));
  cr_expect(waiting.next_due() == at(1));
  cr_expect(waiting.pop_due(at(1)).has_value());
  cr_expect(waiting.add(ip("192.0.2.3"), at(0)));
}
