// What sluiced's -l says: every text is taken, or refused with a UsageError of one line.
#include "fuzz.h"
#include "tools/common/usage_error.h"
#include "tools/sluiced/listen_spec.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const ListenSpec spec = parse_listen_spec(text, std::chrono::seconds(1));
    SLUICE_MUST(spec.service != nullptr);
    SLUICE_MUST(spec.stream.connection.high_water <= spec.stream.connection.queue_limit);
    SLUICE_MUST(spec.stream.connection.max_read > 0);
  } catch (const UsageError& error) {
    const std::string_view message = error.what();
    SLUICE_MUST(!message.empty());
    for (const char c : message) SLUICE_MUST(c != '\n' && c != '\x1b');
  }
  return 0;
}
