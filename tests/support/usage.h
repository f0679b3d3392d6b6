// The message of the UsageError that a function throws, or "" if it throws none.
#ifndef SLUICE_TESTS_SUPPORT_USAGE_H
#define SLUICE_TESTS_SUPPORT_USAGE_H

#include <string>

#include <criterion/criterion.h>

#include "tools/common/usage_error.h"

template <class Action>
std::string usage_error_of(Action&& action) {
  try {
    action();
  } catch (const sluice::tools::UsageError& error) {
    return error.what();
  }
  return "";
}

// Compares whole messages, because a user reads them as a whole.
inline void expect_message(const std::string& read, const std::string& got,
                           const std::string& wanted) {
  cr_expect(got == wanted, "%s\n  gives %s\n  not   %s", read.c_str(), got.c_str(), wanted.c_str());
}

#endif
