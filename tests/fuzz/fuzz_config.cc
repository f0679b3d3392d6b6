// sluiced.conf(5): every text is accepted, or rejected with messages of one line each that begin
// with the file; what is accepted is served, and is read again as it is written.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "message.h"
#include "tools/sluiced/config/config_reader.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/config/written_config.h"
#include "tools/sluiced/services/service_kinds.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

namespace {

Config read(const std::string& text, ConfigFaults& faults) {
  // One include at most: the file itself.
  const auto itself = [&text](const std::string& pattern, const TomlPlace&, ConfigFaults&) {
    return std::vector<ConfigText>{{pattern, text}};
  };
  return read_config({"x.conf", text}, itself, {}, faults);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  ConfigFaults faults;
  const Config config = read(text, faults);
  for (const std::string& line : faults.lines()) fuzz::must_be_a_message(line);
  if (!faults.empty()) return 0;
  for (const ListenSpec& spec : config.listen) {
    SLUICE_MUST(find_kind(spec.kind) != nullptr);
    SLUICE_MUST(kind_of(spec).runs_over(spec.scheme()));
    SettingErrors errors;
    validate_spec(spec, errors);
    SLUICE_MUST(errors.empty());
  }
  const std::string written = write_services(config.listen);
  ConfigFaults again;
  SLUICE_MUST(write_services(read(written, again).listen) == written);
  SLUICE_MUST(again.empty());
  return 0;
}
