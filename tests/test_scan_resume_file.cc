// Where a scan stands: written whole or not at all, and read back with care.
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "sluice-scan/resume_file.h"
#include "support/scratch.h"
#include "support/usage.h"

using sluice::difference;
using sluice::load_resume;
using sluice::ResumeState;
using sluice::save_resume;
using sluice::test::Scratch;

namespace {

ResumeState some_state() {
  ResumeState state;
  state.identity = {256, 0xfedcba9876543210, "22,80", 18'446'744'073'709'551'615U, {2, 3}};
  state.next = 1'000'000'000'000;
  state.pending = {5, 7, 999'999'999'999};
  return state;
}

void write(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace

Test(scan_resume_file, what_is_saved_is_loaded) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  cr_expect(!load_resume(file).has_value());
  save_resume(file, some_state());
  const auto state = load_resume(file);
  cr_assert(state.has_value());
  cr_expect(difference(state->identity, some_state().identity).empty());
  cr_expect(state->next == some_state().next && state->pending == some_state().pending);
  cr_expect(!sluice::test::exists(file + ".tmp"));
  cr_expect(sluice::test::mode_of(file) == 0600);
  sluice::remove_resume(file);
  cr_expect(!sluice::test::exists(file));
  sluice::remove_resume(file);  // harmless
}

Test(scan_resume_file, a_place_that_cannot_be_written_is_named) {
  std::string why;
  try {
    save_resume("/nonexistent/scan", some_state());
  } catch (const std::system_error& error) {
    why = error.what();
  }
  cr_expect(why == "/nonexistent/scan.tmp: No such file or directory", "%s", why.c_str());
}

Test(scan_resume_file, the_old_file_stays_when_the_new_one_fails) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  save_resume(file, some_state());
  cr_assert(::mkdir((file + ".tmp").c_str(), 0700) == 0);
  bool failed = false;
  try {
    save_resume(file, ResumeState{});
  } catch (const std::system_error&) {
    failed = true;
  }
  cr_expect(failed);
  cr_expect(load_resume(file)->next == some_state().next);
}

Test(scan_resume_file, another_file_is_refused) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  for (const std::string text :
       {"", "hello\n", "{}", "[]", "{\"sluice-scan\":2}", "{\"sluice-scan\":1}",
        "{\"sluice-scan\":1,\"scan\":{\"addresses\":\"x\"},\"next\":1,\"pending\":[]}"}) {
    write(file, text);
    const std::string why = usage_error_of([&] { (void)load_resume(file); });
    cr_expect(why == '"' + file + "\" is no file that --resume has written", "%s: %s", text.c_str(),
              why.c_str());
  }
}

Test(scan_resume_file, what_differs_is_said) {
  const auto scan = some_state().identity;
  auto other = scan;
  other.addresses = 1;
  cr_expect(difference(scan, other) == "its targets are 256 addresses, and this scan's 1");
  other = scan;
  other.targets = 1;
  cr_expect(difference(scan, other) ==
            "its targets are as many addresses as this scan's, and others");
  other = scan;
  other.ports = "22";
  cr_expect(difference(scan, other) == "its ports are \"22,80\", and this scan's \"22\"");
  other = scan;
  other.seed = 1;
  cr_expect(difference(scan, other) == "its seed is 18446744073709551615, and this scan's 1");
  other = scan;
  other.shard = {1, 1};
  cr_expect(difference(scan, other) == "its shard is 2/3, and this scan's 1/1");
}
