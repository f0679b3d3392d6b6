// Answers that wait come out in the order of their times.
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

Test(delayed_answers, come_when_they_are_due_and_the_first_first) {
  DelayedAnswers waiting(8);
  cr_expect(waiting.add(ip("192.0.2.3", 3), at(30)));
  cr_expect(waiting.add(ip("192.0.2.1", 1), at(10)));
  cr_expect(waiting.add(ip("192.0.2.2", 2), at(20)));
  cr_expect(waiting.next() == at(10));
  cr_expect(!waiting.take_due(at(9)));
  cr_expect(waiting.take_due(at(10)) == ip("192.0.2.1", 1));
  cr_expect(!waiting.take_due(at(19)));
  cr_expect(waiting.take_due(at(40)) == ip("192.0.2.2", 2));
  cr_expect(waiting.take_due(at(40)) == ip("192.0.2.3", 3));
  cr_expect(!waiting.take_due(at(40)));
  cr_expect(waiting.size() == 0);
}

Test(delayed_answers, are_no_more_than_the_limit) {
  DelayedAnswers waiting(2);
  cr_expect(waiting.add(ip("192.0.2.1"), at(1)));
  cr_expect(waiting.add(ip("192.0.2.2"), at(2)));
  cr_expect(!waiting.add(ip("192.0.2.3"), at(0)));
  cr_expect(waiting.next() == at(1));
  cr_expect(waiting.take_due(at(1)).has_value());
  cr_expect(waiting.add(ip("192.0.2.3"), at(0)));
}
