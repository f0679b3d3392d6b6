// Where a scan stands: written whole or not at all, and read back with care.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/usage.h"
#include "tools/sluice-scan/resume_file.h"

using sluice::test::Scratch;
using sluice::tools::scan::difference;
using sluice::tools::scan::load_resume;
using sluice::tools::scan::resume_from;
using sluice::tools::scan::ResumeState;
using sluice::tools::scan::save_resume;

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

std::ptrdiff_t names_in(const std::string& directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
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
  cr_expect(names_in(scratch / "") == 1, "the temporary file is gone");
  cr_expect(sluice::test::mode_of(file) == 0600);
  sluice::tools::scan::remove_resume(file);
  cr_expect(!sluice::test::exists(file));
  sluice::tools::scan::remove_resume(file);  // harmless
}

Test(scan_resume_file, a_place_that_cannot_be_written_is_named) {
  std::string why;
  try {
    save_resume("/nonexistent/scan", some_state());
  } catch (const std::system_error& error) {
    why = error.what();
  }
  cr_expect(why == "file \"/nonexistent/scan\": No such file or directory", "%s", why.c_str());
}

Test(scan_resume_file, the_old_file_stays_when_the_new_one_fails) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  save_resume(file, some_state());
  // SIGXFSZ has to be ignored, or else it ends the process.
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit nothing{0, RLIM_INFINITY};
  cr_assert(::setrlimit(RLIMIT_FSIZE, &nothing) == 0);
  bool failed = false;
  try {
    save_resume(file, ResumeState{});
  } catch (const std::system_error&) {
    failed = true;
  }
  cr_expect(failed);
  cr_expect(load_resume(file)->next == some_state().next);
  cr_expect(names_in(scratch / "") == 1);
}

Test(scan_resume_file, a_link_that_somebody_laid_is_not_written_through) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  write(scratch / "victim", "precious");
  cr_assert(::symlink((scratch / "victim").c_str(), (file + ".tmp").c_str()) == 0);
  cr_assert(::symlink((scratch / "victim").c_str(), (scratch / "link").c_str()) == 0);
  save_resume(file, some_state());
  bool refused = false;
  try {
    save_resume(scratch / "link", some_state());
  } catch (const std::system_error&) {
    refused = true;
  }
  cr_expect(refused);
  std::string word;
  std::ifstream(scratch / "victim") >> word;
  cr_expect(word == "precious");
}

Test(scan_resume_file, a_fifo_is_not_waited_for) {
  const Scratch scratch;
  const std::string file = scratch / "fifo";
  cr_assert(::mkfifo(file.c_str(), 0600) == 0);
  cr_expect(usage_error_of([&] { (void)load_resume(file); }).ends_with("--resume wrote"));
}

Test(scan_resume_file, positions_are_those_of_the_scan_and_each_is_there_once) {
  ResumeState state;
  state.next = 10;
  state.pending = {3, 9, 0};
  cr_expect(state.fits(10));
  cr_expect(!state.fits(9));
  state.pending = {3, 10};
  cr_expect(!state.fits(20), "one that is not before the next");
  state.pending = {3, 4, 3};
  cr_expect(!state.fits(20), "one that is there twice");
}

Test(scan_resume_file, another_file_is_refused) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  for (const std::string text :
       {"", "hello\n", "{}", "[]", "{\"sluice-scan\":2}", "{\"sluice-scan\":1}",
        "{\"sluice-scan\":1,\"scan\":{\"addresses\":\"x\"},\"next\":1,\"pending\":[]}"}) {
    write(file, text);
    const std::string why = usage_error_of([&] { (void)load_resume(file); });
    cr_expect(why == '"' + file + "\" is not a file that --resume wrote", "%s: %s", text.c_str(),
              why.c_str());
  }
}

Test(scan_resume_file, what_is_there_is_there_once_and_in_its_place) {
  const std::string scan =
      "{\"addresses\":1,\"targets\":1,\"ports\":\"1\",\"seed\":1,\"shard\":[1,1]}";
  const auto whole = [](const std::string& members) {
    return resume_from("{\"sluice-scan\":1," + members + "}").has_value();
  };
  cr_expect(whole("\"scan\":" + scan + ",\"next\":1,\"pending\":[]"));
  cr_expect(whole("\"pending\":[],\"next\":1,\"scan\":" + scan), "in any order");
  for (const std::string& members :
       {"\"scan\":" + scan + ",\"next\":1",
        "\"scan\":" + scan + ",\"next\":1,\"next\":1,\"pending\":[]",
        "\"scan\":" + scan + ",\"next\":1,\"pending\":[],\"pending\":[]",
        "\"scan\":" + scan + ",\"next\":1,\"pending\":[[]]",
        "\"scan\":" + scan + ",\"next\":1,\"pending\":[],\"seed\":1",
        "\"scan\":" + scan + ",\"next\":1,\"pending\":[],\"more\":null",
        std::string("\"scan\":[],\"next\":1,\"pending\":[]"),
        std::string("\"next\":1,\"pending\":[]")}) {
    cr_expect(!whole(members), "%s", members.c_str());
  }
  for (const std::string shard : {"[1]", "[1,1,1]", "1", "{}"}) {
    std::string other = scan;
    other.replace(other.find("[1,1]"), 5, shard);
    cr_expect(!whole("\"scan\":" + other + ",\"next\":1,\"pending\":[]"), "%s", shard.c_str());
  }
}

Test(scan_resume_file, a_number_that_is_none_is_refused) {
  const Scratch scratch;
  const std::string file = scratch / "scan";
  const auto refused = [&](const std::string& next, const std::string& pending) {
    write(file,
          "{\"sluice-scan\":1,\"scan\":{\"addresses\":1,\"targets\":1,\"ports\":\"1\",\"seed\":1,"
          "\"shard\":[1,1]},\"next\":" +
              next + ",\"pending\":" + pending + "}");
    return !usage_error_of([&] { (void)load_resume(file); }).empty();
  };
  cr_expect(!refused("1", "[0]"));
  for (const std::string next : {"-1", "1.5", "1e300", "18446744073709551616", "true", "\"1\""}) {
    cr_expect(refused(next, "[]"), "%s", next.c_str());
    cr_expect(refused("1", '[' + next + ']'), "[%s]", next.c_str());
  }
  cr_expect(refused("1", "{\"0\":0}"));
  cr_expect(refused("1", "null"));
}

Test(scan_resume_file, what_differs_is_said) {
  const auto scan = some_state().identity;
  auto other = scan;
  other.addresses = 1;
  cr_expect(difference(scan, other) == "it has 256 addresses, and this scan has 1");
  other = scan;
  other.targets = 1;
  cr_expect(difference(scan, other) ==
            "it has the same number of addresses, but not the same addresses");
  other = scan;
  other.ports = "22";
  cr_expect(difference(scan, other) ==
            "its ports are \"22,80\", and those of this scan are \"22\"");
  other = scan;
  other.seed = 1;
  cr_expect(difference(scan, other) ==
            "its seed is 18446744073709551615, and that of this scan is 1");
  other = scan;
  other.shard = {1, 1};
  cr_expect(difference(scan, other) == "its shard is 2/3, and that of this scan is 1/1");
}
