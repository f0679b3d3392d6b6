// Which errors mean "try again", and which are failures.
#include <cerrno>

#include <criterion/criterion.h>

#include "reactor/base/try_again.h"

using sluice::try_again;
using sluice::would_block;

Test(try_again, includes_a_call_that_would_block) {
  for (const int error : {EAGAIN, EWOULDBLOCK}) {
    cr_expect(would_block(error));
    cr_expect(try_again(error));
  }
}

Test(try_again, includes_an_interrupted_call_which_would_not_block) {
  cr_expect(!would_block(EINTR));
  cr_expect(try_again(EINTR));
}

Test(try_again, excludes_all_other_errors) {
  for (const int error : {0, EPIPE, ECONNRESET, ENOBUFS, EMFILE, EINVAL, EINPROGRESS}) {
    cr_expect(!would_block(error), "%d", error);
    cr_expect(!try_again(error), "%d", error);
  }
}
