// A test whose body has coroutines.
#ifndef SLUICE_TESTS_SUPPORT_COROUTINES_H
#define SLUICE_TESTS_SUPPORT_COROUTINES_H

#include <criterion/criterion.h>

// g++ 12 gives the parts of a coroutine in a function of C the same name, and Criterion's are such.
#define COROUTINE_TEST(suite, name)       \
  static void body_of_##name();           \
  Test(suite, name) { body_of_##name(); } \
  static void body_of_##name()

#endif
