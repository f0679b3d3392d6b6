// Which errors mean "try again", and which are failures.
#include <cerrno>

#include <criterion/criterion.h>

#include "reactor/base/try_again.h"

using sluice::try_again;
using sluice::would_block;

Test(try_again, a_call_that_would_block_is_tried_again) {
  for (const int error : {EAGAIN, EWOULDBLOCK}) {
    cr_expect(would_block(error));
    cr_expect(try_again(error));
  }
}

Test(try_again, an_interrupted_call_is_tried_again_but_does_not_block) {
  cr_expect(!would_block(EINTR));
  cr_expect(try_again(EINTR));
}

Test(try_again, anything_else_is_a_failure) {
  for (const int error : {0, EPIPE, ECONNRESET, ENOBUFS, EMFILE, EINVAL, EINPROGRESS}) {
    cr_expect(!would_block(error), "%d", error);
    cr_expect(!try_again(error), "%d", error);
  }
}
