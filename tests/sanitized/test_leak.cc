// A test that leaks, and is expected to fail for it alone.
#include <criterion/criterion.h>

#include "leak.h"

Test(leak, is_no_failure_of_criterion) { leak(); }
