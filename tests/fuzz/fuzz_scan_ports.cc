// What sluice-scan's -p says: every text is a set of ports that is written and read as the same
// again, or refused with a UsageError of one line.
#include <algorithm>

#include "fuzz.h"
#include "message.h"
#include "tools/sluice-scan/targets/port_spec.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::scan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ServiceNames services = ServiceNames::of_host();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const PortList ports = parse_ports(text, services);
    SLUICE_MUST(!ports.empty());
    SLUICE_MUST(ports.front() > 0);
    SLUICE_MUST(std::is_sorted(ports.begin(), ports.end()));
    SLUICE_MUST(std::adjacent_find(ports.begin(), ports.end()) == ports.end());
    SLUICE_MUST(parse_ports(ports_to_string(ports), services) == ports);
  } catch (const UsageError& error) {
    fuzz::must_be_a_message(error.what());
  }
  return 0;
}
