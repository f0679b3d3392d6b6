// What sluice-scan's targets and exclusions say, a line each; one that begins with "!" is left out.
// Each is taken, or refused with a UsageError of one line. What is taken is counted right: of every
// range that is wanted, the ends are there if and only if they are not left out.
#include <algorithm>

#include "fuzz.h"
#include "message.h"
#include "tools/common/international_name.h"
#include "tools/sluice-scan/targets/target_set.h"
#include "tools/sluice-scan/targets/target_spec.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::scan;

namespace {

constexpr std::size_t kMaxTargets = 64;

bool has(const TargetSet& set, const IpNumber& address) {
  return std::any_of(set.ranges().begin(), set.ranges().end(), [&](const IpRange& range) {
    return range.first <= address && address <= range.last;
  });
}

bool holds(const IpRange& range, IpNumber address) {
  if (range.first.zone == 0) address.zone = 0;
  return range.first <= address && address <= range.last;
}

std::vector<IpRange> ranges_of(std::string_view text) {
  const TargetSpec spec = parse_target_spec(text);
  SLUICE_MUST(spec.name.empty() != spec.ranges.empty());
  SLUICE_MUST(spec.ranges.size() <= kMaxRangesOfTarget);
  SLUICE_MUST(spec.name.empty() || spec.name == text || is_international(text));
  for (const IpRange& range : spec.ranges) {
    SLUICE_MUST(range.first <= range.last);
    SLUICE_MUST(range.size() > 0);
    SLUICE_MUST(IpNumber::of(range.first.address(1)) == range.first);
    SLUICE_MUST(IpNumber::of(range.last.address(1)) == range.last);
  }
  return spec.ranges;
}

void check(const TargetSet& set, const std::vector<IpRange>& wanted,
           const std::vector<IpRange>& unwanted) {
  for (const IpRange& range : wanted) {
    for (const IpNumber& end : {range.first, range.last}) {
      const bool out = std::any_of(unwanted.begin(), unwanted.end(),
                                   [&](const IpRange& each) { return holds(each, end); });
      SLUICE_MUST(has(set, end) == !out);
    }
  }
  std::uint64_t count = 0;
  for (const IpRange& range : set.ranges()) {
    SLUICE_MUST(set.at(count) == range.first);
    count += range.size();
    SLUICE_MUST(set.at(count - 1) == range.last);
  }
  SLUICE_MUST(count == set.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  TargetSet set;
  std::vector<IpRange> wanted;
  std::vector<IpRange> unwanted;
  for (std::size_t i = 0; i < kMaxTargets && !text.empty(); ++i) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool out = line.starts_with('!');
    if (out) line.remove_prefix(1);
    try {
      const std::vector<IpRange> ranges = ranges_of(line);
      for (const IpRange& range : ranges) out ? set.take_out(range) : set.add(range);
      // The ends of a few are enough, and quadratic in their number.
      std::vector<IpRange>& all = out ? unwanted : wanted;
      const std::size_t few = out ? ranges.size() : std::min<std::size_t>(ranges.size(), 16);
      all.insert(all.end(), ranges.begin(), ranges.begin() + static_cast<std::ptrdiff_t>(few));
    } catch (const UsageError& error) {
      fuzz::must_be_a_message(error.what());
    }
  }
  try {
    set.freeze();
    check(set, wanted, unwanted);
  } catch (const UsageError& error) {
    fuzz::must_be_a_message(error.what());
  }
  return 0;
}
