// What became of a URL, as a line of JSON.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-fetch/result.h"

using sluice::tools::fetch::as_json;
using sluice::tools::fetch::FetchResult;

Test(fetch_result, is_one_object_on_one_line) {
  FetchResult result;
  result.url = "http://h/a";
  result.effective_url = "https://h/b";
  result.status = 200;
  result.bytes = 12;
  result.seconds = 0.25;
  result.file = "a";
  cr_expect(as_json(result) ==
            "{\"url\":\"http://h/a\",\"effective_url\":\"https://h/b\",\"status\":200,\"bytes\":12,"
            "\"seconds\":0.25,\"file\":\"a\",\"error\":null}\n");
}

Test(fetch_result, says_null_for_what_there_is_not) {
  FetchResult result;
  result.url = result.effective_url = "http://h/";
  result.error = "no \"route\"\n";
  cr_expect(as_json(result) ==
            "{\"url\":\"http://h/\",\"effective_url\":\"http://h/\",\"status\":null,\"bytes\":0,"
            "\"seconds\":0.0,\"file\":null,\"error\":\"no \\\"route\\\"\\n\"}\n");
}

Test(fetch_result, is_ascii_whatever_a_server_says) {
  FetchResult result;
  result.effective_url = "http://h/\xff\xc2\x9b\xe2\x82\xac";
  for (const char c : as_json(result)) cr_expect((c >= ' ' && c <= '~') || c == '\n');
}
