// How long an answer may take before its question is asked again.
#include <chrono>
#include <cstddef>

#include <criterion/criterion.h>

#include "reactor/names/dns_patience.h"

using namespace std::chrono_literals;
using sluice::DnsPatience;

namespace {

DnsPatience after_round_trips(std::chrono::milliseconds each) {
  DnsPatience patience;
  for (std::size_t i = 0; i < 100; ++i) patience.answered(each);
  return patience;
}

void end_short_tries(DnsPatience& patience, std::size_t unanswered) {
  for (std::size_t i = 0; i < DnsPatience::kGroup; ++i) patience.short_try_ended(i >= unanswered);
}

}  // namespace

Test(dns_patience, is_not_known_before_some_round_trips) {
  DnsPatience patience;
  for (std::size_t i = 0; i < DnsPatience::kSamples; ++i) {
    cr_expect(!patience.enough());
    patience.answered(1ms);
  }
  cr_expect(patience.enough() == DnsPatience::kLeast);
}

Test(dns_patience, follows_the_round_trips_and_how_they_vary) {
  const DnsPatience steady = after_round_trips(200ms);
  cr_expect(*steady.enough() >= 200ms && *steady.enough() < 210ms);
  DnsPatience varied;
  for (int i = 0; i < 100; ++i) varied.answered(i % 2 == 0 ? 10ms : 190ms);
  cr_expect(*varied.enough() > 350ms && *varied.enough() < 600ms);
}

Test(dns_patience, a_few_losses_do_not_matter) {
  DnsPatience patience = after_round_trips(1ms);
  for (int i = 0; i < 100; ++i) {
    end_short_tries(patience, DnsPatience::kGroup / DnsPatience::kLostShare);
  }
  cr_expect(patience.enough());
}

Test(dns_patience, a_server_that_became_slow_is_measured_anew) {
  DnsPatience patience = after_round_trips(1ms);
  end_short_tries(patience, DnsPatience::kGroup / DnsPatience::kLostShare + 1);
  cr_expect(!patience.enough());
  for (std::size_t i = 0; i < DnsPatience::kSamples; ++i) patience.answered(300ms);
  cr_expect(*patience.enough() >= 300ms);
}
