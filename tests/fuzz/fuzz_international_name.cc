// Names of hosts in Unicode: every text is a name that DNS servers can be asked for, and the name's
// form in Unicode is of the same name; or it is refused with a UsageError of one line.
#include "fuzz.h"
#include "message.h"
#include "reactor/base/text/host_name.h"
#include "tools/common/international_name.h"
#include "tools/common/usage_error.h"

using namespace sluice;
using namespace sluice::tools;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string name = ascii_name(text);
    if (is_international(text)) {
      SLUICE_MUST(is_host_name(name));
    } else {
      SLUICE_MUST(name == text);
    }
    SLUICE_MUST(!is_international(name));
    const std::string unicode = unicode_name(name);
    SLUICE_MUST(unicode.empty() || is_same_name(ascii_name(unicode), name));
  } catch (const UsageError& error) {
    fuzz::must_be_a_message(error.what());
  }
  return 0;
}
