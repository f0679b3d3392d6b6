// The command line of sluiced, an argument a line: every one is taken, or refused with a UsageError
// of one line; what is taken is something to serve, or an answer to print.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.h"
#include "message.h"
#include "tools/sluiced/options.h"
#include "tools/sluiced/services/service_kinds.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;

namespace {

constexpr std::size_t kMaxArguments = 64;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> arguments{"sluiced"};
  while (!text.empty() && arguments.size() < kMaxArguments) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    arguments.emplace_back(line.substr(0, line.find('\0')));  // where any argument ends
  }
  std::vector<const char*> words;
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  try {
    const Options options = parse_options(static_cast<int>(arguments.size()), words.data());
    if (!options.answer.empty()) {
      SLUICE_MUST(options.answer.back() == '\n');
      return 0;
    }
    SLUICE_MUST(!options.listen.empty());
    SLUICE_MUST(options.default_listen || options.listen.size() < arguments.size());
    SLUICE_MUST(options.drain_timeout.count() >= 0);
    for (const ListenSpec& spec : options.listen) SLUICE_MUST(find_kind(spec.kind) != nullptr);
  } catch (const UsageError& error) {
    for (const std::string& message : error.messages()) fuzz::must_be_a_message(message);
  }
  return 0;
}
