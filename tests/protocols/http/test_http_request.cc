// HttpRequest: headers by name and by token, and whether the connection stays open.
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/http/http_request.h"

using sluice::HttpRequest;

namespace {

HttpRequest with(const std::vector<std::pair<std::string_view, std::string_view>>& headers) {
  HttpRequest request;
  for (const auto& [name, value] : headers) {
    request.header_room.at(request.header_count++) = {name, value};
  }
  return request;
}

}  // namespace

Test(http_request, finds_a_header_in_any_case) {
  const HttpRequest request = with({{"Host", "a"}, {"X-One", "1"}, {"x-one", "2"}});
  cr_expect(request.find("x-ONE") == "1");
  cr_expect(request.count("X-one") == 2);
  cr_expect(!request.find("X-On").has_value());
  cr_expect(!request.find("").has_value());
  cr_expect(request.count("X-One:") == 0);
}

Test(http_request, finds_a_token_in_every_list_of_a_name) {
  const HttpRequest request =
      with({{"Connection", "keep-alive,\tUpgrade , x"}, {"connection", ",close"}, {"X", "y"}});
  for (const std::string_view token : {"keep-alive", "upgrade", "X", "close"}) {
    cr_expect(request.has_token("Connection", token));
  }
  cr_expect(!request.has_token("Connection", "keep"));
  cr_expect(!request.has_token("Connection", "y"));
  cr_expect(!request.has_token("Upgrade", "x"));
}

Test(http_request, stays_open_as_its_version_and_connection_say) {
  HttpRequest request = with({});
  cr_expect(request.keeps_alive());
  request.minor = 0;
  cr_expect(!request.keeps_alive());
  request = with({{"Connection", "Keep-Alive"}});
  request.minor = 0;
  cr_expect(request.keeps_alive());
  request = with({{"Connection", "keep-alive, close"}});
  cr_expect(!request.keeps_alive());
}
