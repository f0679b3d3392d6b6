#include "websocket_keys.h"

namespace sluice::tools::daemon {

WebSocketOptions derive_websocket(const Settings& settings, std::size_t max_message) {
  WebSocketOptions options;
  options.max_message = max_message;
  options.deflate = settings.get(kDeflateKey);
  options.ping_interval = settings.get(kPingKey);
  if (const auto origins = settings.find(kOriginKey)) options.origins = WordsKey::split(*origins);
  return options;
}

}  // namespace sluice::tools::daemon
