// The schemes that are written instead of tcp and unix, for what a service speaks there.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_ENDPOINT_LAYER_H
#define SLUICE_TOOLS_SLUICED_CONFIG_ENDPOINT_LAYER_H

#include <string>
#include <string_view>

#include "../../../reactor/base/endpoint.h"

namespace sluice::tools::daemon {

inline constexpr std::string_view kAfterScheme = "://";

// "http" of http://127.0.0.1:80; empty if there is none.
std::string_view scheme_word(std::string_view endpoint) noexcept;

struct Layer {
  std::string_view word;
  bool has_tls;
  Scheme carrier = Scheme::tcp;
};

// Null if the endpoint is written with the scheme of what carries it.
const Layer* layer_of(std::string_view endpoint) noexcept;

// With the scheme of what carries it: tcp for http.
std::string without_layer(const std::string& text);

// ws://, wss:// or ws+unix://.
bool speaks_websocket(std::string_view endpoint) noexcept;

}  // namespace sluice::tools::daemon

#endif
