#include "tls_keys.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "tls_endpoint.h"

namespace sluice::tools::daemon {
namespace {

constexpr const Key* kKeys[] = {&kTlsKey,  &kCertKey,     &kKeyKey,        &kSniKey,
                                &kOcspKey, &kClientCaKey, &kClientCertKey, &kAlpnKey};

// sluiced -v writes every key, those with their default included.
bool is_given(const Settings& settings, const Key& key) {
  return settings.has(key) && settings.value(key) != key.fallback();
}

void add(SettingErrors& errors, const Key& key, const std::string& what) {
  const std::string name(key.name());
  errors.push_back({name, name + what});
}

}  // namespace

bool needs_tls(const Key& key) noexcept {
  return &key != &kTlsKey && std::find(std::begin(kKeys), std::end(kKeys), &key) != std::end(kKeys);
}

bool has_tls(const Settings& settings) {
  const std::string word = settings.get(kTlsKey);
  return word == kTlsOn || word == kTlsModern;
}

std::vector<std::string> tls_files(const Settings& settings) {
  std::vector<std::string> files;
  for (const TextKey* key : {&kCertKey, &kKeyKey, &kOcspKey, &kClientCaKey}) {
    if (auto path = settings.find(*key)) files.push_back(*std::move(path));
  }
  for (const std::string& pair : WordsKey::split(settings.find(kSniKey).value_or(""))) {
    const std::size_t colon = pair.find(':');
    files.push_back(pair.substr(0, colon));
    if (colon != pair.npos) files.push_back(pair.substr(colon + 1));
  }
  return files;
}

void validate_tls(const ListenSpec& spec, SettingErrors& errors) {
  if (spec.scheme() == Scheme::udp) return;
  const Settings& settings = spec.settings;
  if (!has_tls(settings)) {
    for (const Key* key : kKeys) {
      if (needs_tls(*key) && is_given(settings, *key)) {
        add(errors, *key, " is for TLS; give tls=on, or an endpoint tls://HOST:PORT");
      }
    }
    return;
  }
  if (!TlsEndpoint::is_built_in()) {
    add(errors, kTlsKey, " is not possible: TLS is not in this build");
  }
  if (!settings.has(kCertKey)) add(errors, kCertKey, " is missing; TLS needs cert=FILE");
  if (is_given(settings, kClientCertKey) && !settings.has(kClientCaKey)) {
    add(errors, kClientCertKey, " is for clients' certificates; give client-ca=FILE");
  }
}

}  // namespace sluice::tools::daemon
