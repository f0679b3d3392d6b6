#include "result.h"

#include <nlohmann/json.hpp>

namespace sluice {

std::string as_json(const FetchResult& result) {
  nlohmann::ordered_json object;
  object["url"] = result.url;
  object["effective_url"] = result.effective_url;
  object["status"] = nullptr;
  if (result.status != 0) object["status"] = result.status;
  object["bytes"] = result.bytes;
  object["seconds"] = result.seconds;
  object["file"] = nullptr;
  if (result.file) object["file"] = *result.file;
  object["error"] = nullptr;
  if (result.error) object["error"] = *result.error;
  // A server chooses some of this: what is not UTF-8 is replaced, and a terminal gets ASCII.
  return object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace sluice
