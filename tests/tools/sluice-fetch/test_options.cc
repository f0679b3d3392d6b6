// The command line of sluice-fetch: defaults, and what goes together. Each message is held in
// e2e/tools/test_fetch_usage.py.
#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-fetch/job_queue.h"
#include "tools/sluice-fetch/options.h"
#include <sluice/version.h>

using sluice::tools::NewFile;
using sluice::tools::fetch::BodiesTo;
using sluice::tools::fetch::FetchOptions;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

FetchOptions parsed(const Words& words) {
  std::vector<const char*> argv = {"sluice-fetch"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  try {
    return sluice::tools::fetch::parse_fetch_options(static_cast<int>(argv.size()), argv.data());
  } catch (const sluice::tools::UsageError& error) {
    cr_assert_fail("%s", error.what());
    throw;
  }
}

}  // namespace

Test(fetch_options, by_default_bodies_go_to_the_standard_output) {
  const FetchOptions options = parsed({"http://h/a", "https://h/b"});
  cr_assert(options.jobs.size() == 2);
  cr_expect(options.jobs[0].url.text == "http://h/a");
  cr_expect(options.jobs[0].file.empty());
  cr_expect(options.bodies == BodiesTo::standard_output);
  cr_expect(options.parallel == 8);
  cr_expect(options.redirects == 10);
  cr_expect(options.max_size == 0);
  cr_expect(options.timeout == 0ms);
  cr_expect(!options.json && !options.parse && !options.insecure && options.cacert.empty());
}

Test(fetch_options, a_file_that_was_named_is_replaced) {
  for (const char* option : {"-ox/y", "--output=x/y"}) {
    const FetchOptions options = parsed({option, "http://h/a"});
    cr_expect(options.bodies == BodiesTo::files);
    cr_expect(options.existing == NewFile::Existing::replaced);
    cr_expect(options.jobs[0].file == "x/y");
  }
}

Test(fetch_options, a_dash_is_the_standard_output_also_for_several) {
  const FetchOptions options = parsed({"-o", "-", "http://h/a", "http://h/b"});
  cr_expect(options.bodies == BodiesTo::standard_output);
  cr_expect(options.jobs[0].file.empty());
}

Test(fetch_options, bodies_for_dev_null_go_nowhere_also_those_of_several) {
  for (const FetchOptions& options : {parsed({"-o", "/dev/null", "http://h/a", "http://h/b"}),
                                      parsed({"--json", "-o", "/dev/null", "http://h/a"})}) {
    cr_expect(options.bodies == BodiesTo::nowhere);
    cr_expect(options.jobs[0].file.empty());
  }
}

Test(fetch_options, a_file_that_the_url_names_is_kept_unless_forced) {
  const FetchOptions options = parsed({"-O", "http://h/a", "http://h/x/b%20c"});
  cr_expect(options.bodies == BodiesTo::files);
  cr_expect(options.existing == NewFile::Existing::kept);
  cr_expect(options.jobs[0].file == "a");
  cr_expect(options.jobs[1].file == "b c");
  cr_expect(parsed({"-O", "--force", "http://h/a"}).existing == NewFile::Existing::replaced);
}

Test(fetch_options, json_takes_the_standard_output) {
  cr_expect(parsed({"--json", "http://h/a"}).bodies == BodiesTo::nowhere);
  cr_expect(parsed({"--json", "-O", "http://h/a"}).bodies == BodiesTo::files);
  cr_expect(parsed({"--json", "-o", "x", "http://h/a"}).bodies == BodiesTo::files);
}

Test(fetch_options, what_is_only_parsed_needs_no_file_name_and_may_have_any_scheme) {
  const FetchOptions options = parsed({"--parse", "-O", "ftp://h/", "http://h/.."});
  cr_expect(options.parse);
  cr_expect(options.jobs.size() == 2);
}

Test(fetch_options, values_are_read) {
  const FetchOptions options =
      parsed({"--parallel", "1000", "--max-size", "9223372036854775807", "--timeout", "1500ms",
              "--redirects", "0", "--cacert", "ca.pem", "--backend", "poll", "http://h/"});
  cr_expect(options.parallel == 1000);
  cr_expect(options.max_size == 9223372036854775807ULL);
  cr_expect(options.timeout == 1500ms);
  cr_expect(options.redirects == 0);
  cr_expect(options.cacert == "ca.pem");
  cr_expect(options.loop.backend == sluice::Backend::poll);
  cr_expect(parsed({"--timeout", "off", "http://h/"}).timeout == 0ms);
  cr_expect(parsed({"--insecure", "http://h/"}).insecure);
}

Test(fetch_options, help_and_version_answer_whatever_else_is_wrong) {
  cr_expect(parsed({"--help", "--parallel", "none"}).answer.starts_with("Usage: sluice-fetch "));
  cr_expect(parsed({"--version"}).answer == "sluice-fetch " SLUICE_VERSION_STRING "\n");
}

Test(fetch_options, without_a_scheme_it_is_https) {
  const FetchOptions options = parsed({"example.org/x", "localhost:8080/", "http://h/"});
  cr_expect(options.jobs[0].url.text == "https://example.org/x");
  cr_expect(options.jobs[1].url.shown == "https://localhost:8080/");
  cr_expect(options.jobs[2].url.text == "http://h/");
}

Test(fetch_options, headers_have_the_form_that_libcurl_sends) {
  const FetchOptions options = parsed({"http://h/", "-H", "A:b", "-H", "C:  d e ", "-H", "F:"});
  cr_expect(options.headers == Words({"A: b", "C: d e ", "F;"}));
}

Test(fetch_options, what_waits_for_its_host_lets_others_go_ahead) {
  using sluice::tools::fetch::JobQueue;
  const FetchOptions options =
      parsed({"http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://a:81/1"});
  JobQueue all(options.jobs, 0);
  for (std::size_t i = 0; i < 5; ++i) cr_expect(all.next() == i);
  cr_expect(!all.next());
  JobQueue queue(options.jobs, 1);
  cr_expect(queue.next() == 0U);
  cr_expect(queue.next() == 3U);
  cr_expect(queue.next() == 4U);
  cr_expect(!queue.next());
  queue.ended(0);
  cr_expect(queue.next() == 1U);
  queue.ended(1);
  queue.again(0);
  cr_expect(queue.next() == 0U);
  queue.ended(0);
  cr_expect(queue.next() == 2U);
  queue.ended(2);
  cr_expect(!queue.next());
}
