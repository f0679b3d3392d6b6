// What sluice-fetch makes of a URL: it is refused with a UsageError of one line, or its parts are
// printed; and a name that -O takes from it stays in the current directory and in one line.
#include <algorithm>

#include "fuzz.h"
#include "message.h"
#include "tools/sluice-fetch/file_name.h"
#include "tools/sluice-fetch/url.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::fetch;

namespace {

void must_be_ascii(std::string_view line) {
  SLUICE_MUST(line.ends_with('\n'));
  line.remove_suffix(1);
  SLUICE_MUST(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Url url = parse_url(text);
    must_be_ascii(parts_as_json(url));
    const std::string parts = printed_parts(url);
    for (std::string_view left = parts; !left.empty();) {
      const std::string_view line = left.substr(0, left.find('\n'));
      fuzz::must_be_a_message(line);
      left.remove_prefix(line.size() + 1);
    }
    const std::string name = file_name_of(url);
    fuzz::must_be_a_message(name);
    SLUICE_MUST(name.size() <= kMaxFileName);
    SLUICE_MUST(name.find('/') == name.npos);
    SLUICE_MUST(name.front() != '.' && name.front() != '-');
  } catch (const UsageError& error) {
    fuzz::must_be_a_message(error.what());
  }
  return 0;
}
