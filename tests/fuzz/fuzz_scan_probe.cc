// What a service may answer to sluice-scan --probe: whatever it is, it is read without reading
// beyond its end, and what comes of it is printable and short. The first byte chooses what was
// asked.
#include <algorithm>

#include "fuzz.h"
#include "tools/sluice-scan/probes/protocol.h"

using namespace sluice::tools::scan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto all = protocols();
  const Protocol* const asked = data[0] < all.size() ? &all[data[0]] : nullptr;
  // Of its own, so that the sanitizers know where it ends.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const std::uint16_t port : {21, 25, 119, 9}) {
    const auto facts = read_service({bytes, port}, asked);
    if (!facts) continue;
    SLUICE_MUST(!facts->protocol.empty());
    for (const std::string* const text :
         {&facts->protocol, &facts->product, &facts->version, &facts->info}) {
      SLUICE_MUST(text->size() <= ServiceFacts::kMaxText);
      SLUICE_MUST(std::none_of(text->begin(), text->end(),
                               [](unsigned char c) { return c < ' ' || c == 0x7f; }));
    }
  }
  return 0;
}
