// What sluiced's -l says: every text is accepted, or rejected with messages of one line each.
#include <chrono>
#include <string_view>

#include "fuzz.h"
#include "message.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/endpoints/socket_keys.h"
#include "tools/sluiced/services/service_kinds.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Settings defaults;
  defaults.set(kIdleKey, std::chrono::milliseconds(1000));
  try {
    const ListenSpec spec = parse_listen(text, defaults);
    const ServiceKind& kind = kind_of(spec);
    SLUICE_MUST(kind.runs_over(spec.scheme()));
    SLUICE_MUST(spec.scheme() == Scheme::udp || spec.settings.has(kIdleKey));
    SettingErrors errors;
    validate_spec(spec, errors);
    SLUICE_MUST(errors.empty());
    // A value is written as it is read.
    for (const auto keys : {socket_keys(), kind.keys}) {
      for (const Key* key : keys) {
        const auto value = spec.settings.value(*key);
        SLUICE_MUST(!value || key->read(key->write(*value)) == *value);
      }
    }
  } catch (const UsageError& error) {
    SLUICE_MUST(!error.messages().empty());
    for (const std::string& message : error.messages()) fuzz::must_be_a_message(message);
  }
  return 0;
}
