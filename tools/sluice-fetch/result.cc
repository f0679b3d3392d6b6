#include "result.h"

#include <string_view>

#include "../common/json_object.h"

namespace sluice::tools::fetch {

std::string as_json(const FetchResult& result) {
  const auto add_if_there = [](JsonObject& object, std::string_view key,
                               const std::optional<std::string>& text) {
    text ? object.add_text(key, *text) : object.add_null(key);
  };
  JsonObject object;
  object.add_text("url", result.url);
  object.add_text("effective_url", result.effective_url);
  if (result.status != 0) {
    object.add_number("status", std::int64_t{result.status});
  } else {
    object.add_null("status");
  }
  object.add_number("bytes", result.bytes);
  object.add_fraction("seconds", result.seconds);
  add_if_there(object, "file", result.file);
  add_if_there(object, "error", result.error);
  return object.line();
}

}  // namespace sluice::tools::fetch
