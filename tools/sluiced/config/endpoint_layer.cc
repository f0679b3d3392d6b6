#include "endpoint_layer.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace sluice::tools::daemon {
namespace {

constexpr Layer kLayers[] = {
    {"http", false}, {"https", true}, {"tls", true},
    {"ws", false},   {"wss", true},   {"ws+unix", false, Scheme::unix_stream},
};

}  // namespace

std::string_view scheme_word(std::string_view endpoint) noexcept {
  const std::size_t end = endpoint.find(kAfterScheme);
  return end == endpoint.npos ? std::string_view() : endpoint.substr(0, end);
}

const Layer* layer_of(std::string_view endpoint) noexcept {
  const std::string_view word = scheme_word(endpoint);
  const auto* found = std::find_if(std::begin(kLayers), std::end(kLayers),
                                   [word](const Layer& layer) { return layer.word == word; });
  return found == std::end(kLayers) ? nullptr : found;
}

std::string without_layer(const std::string& text) {
  const Layer* layer = layer_of(text);
  if (layer == nullptr) return text;
  return std::string(to_string(layer->carrier)) + text.substr(layer->word.size());
}

bool speaks_websocket(std::string_view endpoint) noexcept {
  return layer_of(endpoint) != nullptr && scheme_word(endpoint).starts_with("ws");
}

}  // namespace sluice::tools::daemon
