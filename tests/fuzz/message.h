// What a message has to be, whatever it is about.
#ifndef SLUICE_TESTS_FUZZ_MESSAGE_H
#define SLUICE_TESTS_FUZZ_MESSAGE_H

#include <string_view>

#include "fuzz.h"
#include "reactor/base/text/quote.h"
#include "tools/common/usage_error.h"

namespace sluice::fuzz {

// One line, and nothing in it that a terminal obeys or cannot show.
inline void must_be_a_message(std::string_view message) {
  SLUICE_MUST(!message.empty());
  SLUICE_MUST(escape(message, 4 * message.size()) == message);
}

}  // namespace sluice::fuzz

#endif
