// The file's name that a URL gives: somebody else may have written it.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-fetch/file_name.h"

using sluice::tools::fetch::file_name_of;
using sluice::tools::fetch::kMaxFileName;
using sluice::tools::fetch::parse_url;

namespace {

std::string name_of(const std::string& path) { return file_name_of(parse_url("http://h" + path)); }

std::string refusal_of(const std::string& path) {
  return usage_error_of([&] { (void)name_of(path); });
}

void expect_refused(const std::string& path, const std::string& because) {
  const std::string refusal = refusal_of(path);
  cr_expect(refusal.find(because) != std::string::npos, "%s gives \"%s\", not \"%s\"", path.c_str(),
            refusal.c_str(), because.c_str());
}

}  // namespace

Test(fetch_file_name, is_the_last_segment_of_the_path) {
  cr_expect(name_of("/a") == "a");
  cr_expect(name_of("/a/b/c.tar.gz") == "c.tar.gz");
  cr_expect(name_of("/a?b=/c#d/e") == "a");
}

Test(fetch_file_name, is_percent_decoded_once) {
  cr_expect(name_of("/a%20b") == "a b");
  cr_expect(name_of("/%e2%82%ac") == "€");
  cr_expect(name_of("/a%252fb") == "a%2fb");
  cr_expect(name_of("/a%zz%4") == "a%zz%4");
  cr_expect(name_of("/a%") == "a%");
  cr_expect(name_of("/%+1") == "%+1");  // no sign is a digit
}

Test(fetch_file_name, that_leaves_the_directory_is_refused) {
  expect_refused("/a%2fb", "contains a slash");
  expect_refused("/%2Fetc%2fpasswd", "contains a slash");
  expect_refused("/x/%2e%2e", "begins with a dot");
  expect_refused("/x/.%2e%2fy", "contains a slash");
}

Test(fetch_file_name, that_hides_or_looks_like_an_option_is_refused) {
  expect_refused("/.bashrc", "begins with a dot");
  expect_refused("/%2ebashrc", "begins with a dot");
  expect_refused("/-rf", "begins with a dash");
  expect_refused("/%2drf", "begins with a dash");
}

Test(fetch_file_name, that_is_no_text_is_refused) {
  for (const char* path : {"/a%00b", "/a%0ab", "/%1b[2J", "/%7f", "/%c2%9b", "/%ff", "/%c3%28"}) {
    expect_refused(path, "contains control or invisible characters or is not UTF-8");
  }
}

Test(fetch_file_name, that_does_not_show_what_it_is_is_refused) {
  // U+202E, U+2066, U+2028, U+200B, U+200D, U+FEFF
  for (const char* path : {"/invoice%e2%80%aefdp.sh", "/%e2%81%a6a", "/a%e2%80%a8b", "/a%e2%80%8bb",
                           "/a%e2%80%8db", "/%ef%bb%bfa"}) {
    expect_refused(path, "contains control or invisible characters or is not UTF-8");
  }
}

Test(fetch_file_name, that_is_missing_is_refused) {
  expect_refused("", "is empty");
  expect_refused("/", "is empty");
  expect_refused("/directory/", "is empty");
}

Test(fetch_file_name, has_a_limit) {
  const std::string most(kMaxFileName, 'x');
  cr_expect(name_of("/" + most) == most);
  expect_refused("/" + most + "x", "is longer than 255 bytes");
}

Test(fetch_file_name, is_refused_with_the_url_and_a_way_out) {
  cr_expect(refusal_of("/.x") ==
            "URL \"http://h/.x\": the file name would be \".x\", which begins with a dot; "
            "choose another with --output FILE");
}
