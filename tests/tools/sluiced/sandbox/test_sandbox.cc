// The sandbox as a whole: what it says, and what is required of it.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tests/support/confined.h"
#include "tools/common/usage_error.h"
#include "tools/sluiced/sandbox/sandbox.h"

using namespace sluice::tools;
using namespace sluice::tools::daemon;

namespace {

const SandboxLayer kThere{"limits", true, "no core dumps"};
const SandboxLayer kMissing{"landlock", false, "the kernel has none"};

}  // namespace

Test(sandbox, modes_are_read_as_they_are_written) {
  for (const char* text : {"on", "off", "require"}) {
    cr_expect(name_of(sandbox_mode_from(text)) == text);
  }
  cr_expect_throw((void)sandbox_mode_from("yes"), UsageError);
}

Test(sandbox, off_gives_up_nothing_and_says_so) {
  const auto layers = confine({}, SandboxMode::off);
  cr_assert(layers.size() == 4);
  for (const SandboxLayer& layer : layers) {
    cr_expect(not layer.in_force);
    cr_expect(layer.detail == "sandbox is off");
  }
  cr_expect(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

Test(sandbox, only_require_fails_where_a_layer_is_missing) {
  const std::vector<SandboxLayer> layers = {kThere, kMissing};
  check_required(layers, SandboxMode::on);
  check_required(layers, SandboxMode::off);
  check_required({kThere}, SandboxMode::require);
  try {
    check_required(layers, SandboxMode::require);
    cr_expect(false);
  } catch (const std::runtime_error& error) {
    cr_expect(error.what() == std::string("sandbox \"require\": landlock: the kernel has none"));
  }
}

Test(sandbox, the_summary_has_the_layers_that_are_in_force) {
  cr_expect(summary_of({kThere, kMissing}) == "limits (no core dumps)");
  cr_expect(summary_of({kMissing}) == "none");
}

Test(sandbox, a_confined_process_has_no_core_dumps_and_gains_no_rights) {
  if (not why_not_confined().empty()) cr_skip_test("an instrumented build");
  cr_expect(sluice::test::in_a_child([] {
              for (const SandboxLayer& layer : confine({}, SandboxMode::on)) {
                const bool may_be_missing = layer.name == "landlock" || layer.name == "seccomp";
                if (not layer.in_force && not may_be_missing) return 1;
              }
              rlimit core{};
              if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0) return 2;
              return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 3;
            }) == 0);
}
