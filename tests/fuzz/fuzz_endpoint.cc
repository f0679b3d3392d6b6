// The address parser: what it takes prints as something that it takes as the same, and what it
// refuses is refused with a reason that can stand in a log line.
#include "fuzz.h"
#include <sluice/endpoint.h>

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = Endpoint::parse(text);
  if (const auto* error = std::get_if<EndpointError>(&parsed)) {
    SLUICE_MUST(!error->message.empty() && error->message.size() < 1000);
    for (const char c : error->message) SLUICE_MUST(static_cast<unsigned char>(c) >= ' ');
    return 0;
  }
  const auto& endpoint = std::get<Endpoint>(parsed);
  const auto again = Endpoint::parse(endpoint.to_string());
  SLUICE_MUST(std::holds_alternative<Endpoint>(again));
  SLUICE_MUST(std::get<Endpoint>(again) == endpoint);
  SLUICE_MUST(std::get<Endpoint>(again).to_string() == endpoint.to_string());
  return 0;
}
