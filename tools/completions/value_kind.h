// What a shell offers as the value of an option.
#ifndef SLUICE_TOOLS_COMPLETIONS_VALUE_KIND_H
#define SLUICE_TOOLS_COMPLETIONS_VALUE_KIND_H

#include <cstdint>
#include <string>

#include "completion.h"

namespace sluice::tools::completions {

enum class ValueKind : std::uint8_t {
  none,       // the option takes no value
  words,      // one of `words`
  beginning,  // something that begins with one of `words`
  file,
  typed,  // nothing can be offered
};

struct Value {
  ValueKind kind = ValueKind::none;
  std::string words;  // separated by blanks
};

Value value_of(const Program& program, const OptionSpec& option);

}  // namespace sluice::tools::completions

#endif
