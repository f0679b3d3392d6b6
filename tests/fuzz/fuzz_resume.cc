// What sluice-scan's --resume reads: every text is a state that is written and read as the same
// again, or nothing.
#include "fuzz.h"
#include "message.h"
#include "tools/sluice-scan/resume_file.h"

using namespace sluice;
using namespace sluice::tools::scan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto state = resume_from(text);
  if (!state) return 0;
  const auto again = resume_from(text_of(*state));
  SLUICE_MUST(again.has_value());
  SLUICE_MUST(difference(state->identity, again->identity).empty());
  SLUICE_MUST(again->next == state->next);
  SLUICE_MUST(again->pending == state->pending);
  const std::string other = difference(state->identity, ScanIdentity{});
  if (!other.empty()) fuzz::must_be_a_message(other);
  if (state->fits(state->next)) {
    for (const std::uint64_t position : state->pending) SLUICE_MUST(position < state->next);
  }
  return 0;
}
