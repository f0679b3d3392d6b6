// Very many addresses as ranges: each once, without the excluded ones, each with its number.
#include <set>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-scan/targets/target_set.h"
#include "tools/sluice-scan/targets/target_spec.h"

using sluice::tools::scan::TargetSet;

namespace {

using Texts = std::vector<std::string>;

TargetSet set_of(const Texts& wanted, const Texts& unwanted = {}) {
  TargetSet set;
  for (const std::string& text : unwanted) {
    for (const auto& range : sluice::tools::scan::parse_target_spec(text).ranges)
      set.take_out(range);
  }
  for (const std::string& text : wanted) {
    for (const auto& range : sluice::tools::scan::parse_target_spec(text).ranges) set.add(range);
  }
  set.freeze();
  return set;
}

std::string host(const TargetSet& set, std::uint64_t index) {
  return set.at(index).address(0).host();
}

}  // namespace

Test(scan_target_set, each_address_has_a_number) {
  const TargetSet set = set_of({"10.0.0.1-2", "10.0.5.0/31", "::1"});
  cr_assert(set.size() == 5);
  const Texts wanted{"10.0.0.1", "10.0.0.2", "10.0.5.0", "10.0.5.1", "::1"};
  for (std::size_t i = 0; i < wanted.size(); ++i) cr_expect(host(set, i) == wanted[i]);
}

Test(scan_target_set, what_is_named_twice_is_there_once) {
  const TargetSet set =
      set_of({"10.0.0.0/24", "10.0.0.7", "10.0.0.128/25", "10.0.1.0", "10.0.0.9"});
  cr_expect(set.size() == 257);
  cr_expect(set.ranges().size() == 1);
}

Test(scan_target_set, the_end_of_all_addresses_is_no_obstacle) {
  const TargetSet set = set_of({"255.255.255.255", "255.255.255.254", "0.0.0.0"});
  cr_expect(set.size() == 3);
  cr_expect(host(set, 2) == "255.255.255.255");
  const TargetSet all = set_of({"0.0.0.0/0"}, {"255.255.255.0/24"});
  cr_expect(all.size() == (std::uint64_t{1} << 32) - 256);
}

Test(scan_target_set, exclusions_cut_ranges_in_pieces) {
  const TargetSet set = set_of({"10.0.0.0/24"}, {"10.0.0.0", "10.0.0.10-19", "10.0.0.255", "::/0"});
  cr_expect(set.size() == 256 - 12);
  std::set<std::string> hosts;
  for (std::uint64_t i = 0; i < set.size(); ++i) hosts.insert(host(set, i));
  cr_expect(hosts.size() == set.size());
  for (const std::string gone : {"10.0.0.0", "10.0.0.10", "10.0.0.19", "10.0.0.255"}) {
    cr_expect(hosts.count(gone) == 0, "%s", gone.c_str());
  }
  cr_expect(hosts.count("10.0.0.9") == 1 && hosts.count("10.0.0.20") == 1);
}

Test(scan_target_set, what_is_all_excluded_is_empty) {
  cr_expect(set_of({"10.0.0.0/24", "2001:db8::1"}, {"10.0.0.0/8", "2001:db8::/32"}).size() == 0);
}

Test(scan_target_set, an_exclusion_without_a_zone_holds_in_every_zone) {
  cr_expect(set_of({"fe80::1%7", "fe80::2%7"}, {"fe80::1"}).size() == 1);
  cr_expect(set_of({"fe80::1%7", "fe80::1%8"}, {"fe80::1%8"}).size() == 1);
  cr_expect(host(set_of({"fe80::1%7", "fe80::2%7"}, {"fe80::1"}), 0) == "fe80::2%7");
}

Test(scan_target_set, too_many_addresses_are_refused) {
  cr_expect(set_of({"2001:db8::/88"}).size() == TargetSet::kMaxAddresses);
  const std::string why = "the targets have more than 2^40 addresses; allowed: at most 2^40";
  for (const Texts& texts :
       {Texts{"2001:db8::/87"}, Texts{"::/0"}, Texts{"2001:db8::/88", "::1"}}) {
    expect_message(texts.front(), usage_error_of([&] { (void)set_of(texts); }), why);
  }
}

Test(scan_target_set, only_loopback_is_all_loopback) {
  cr_expect(set_of({"127.0.0.0/8", "::1"}).all_loopback());
  cr_expect(!set_of({"127.0.0.1", "10.0.0.1"}).all_loopback());
}

Test(scan_target_set, the_fingerprint_is_of_the_addresses_and_not_of_how_they_were_written) {
  const auto fingerprint = [](const Texts& texts) { return set_of(texts).fingerprint(); };
  cr_expect(fingerprint({"10.0.0.0/31"}) == fingerprint({"10.0.0.1", "10.0.0.0"}));
  cr_expect(fingerprint({"10.0.0.0/31"}) != fingerprint({"10.0.0.0", "10.0.0.2"}));
  cr_expect(fingerprint({"fe80::1%1"}) != fingerprint({"fe80::1%2"}));
}
